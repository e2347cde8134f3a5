"""The embedded server: started by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from app.domain.errors import UserError
from storage.postgres import sandbox
from storage.postgres.configuration import MB, shared_buffers
from storage.postgres.embedded import EmbeddedPostgres
from tests.integration.storing import python

# A process that uses the server of a home: says that it is there, then lets go when told to.
USER = """
import sys
from pathlib import Path
from storage.postgres.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.address(), flush=True)
sys.stdin.readline()
server.close()
print("closed", flush=True)
"""


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # A name that a shell would take apart.
    found = tmp_path_factory.mktemp("a home, it's $mine")
    yield found
    server = EmbeddedPostgres(found)
    if (found / "postgres" / "data" / "PG_VERSION").exists() and server._running():
        server.address()  # a user of it again, so that it is stopped
    server.close()


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def is_running(home: Path) -> bool:
    try:
        return bool(psutil.Process(postmaster(home)).name().startswith("postgres"))
    except (FileNotFoundError, psutil.NoSuchProcess):
        return False


def ask(address: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = process.stdout.readline()
    if not text:
        raise AssertionError(process.communicate()[1])
    return text.strip()


def test_it_starts_on_first_use_keeps_what_was_stored_and_stops_in_the_end(home: Path) -> None:
    server = EmbeddedPostgres(home)
    assert not (home / "postgres").exists()
    address = server.address()
    assert ask(address, "SELECT current_setting('listen_addresses')") == ""
    ask(address, "CREATE TABLE kept AS SELECT 7 AS n")
    data = home / "postgres" / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) & stat.S_IRWXO == 0
    server.close()
    server.close()
    assert not is_running(home)
    again = EmbeddedPostgres(home)
    assert ask(again.address(), "SELECT n FROM kept") == 7
    again.close()


def test_nobody_who_is_late_starts_it_again_once_it_was_closed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.address()
    server.close()
    with pytest.raises(UserError, match="shutting down"):
        server.address()
    assert not is_running(home)


def test_the_last_of_two_processes_stops_it_and_a_killed_one_does_not_count(home: Path) -> None:
    app, cli, killed = (python(USER, str(home)) for _ in range(3))
    addresses = {line(process) for process in (app, cli, killed)}
    assert len(addresses) == 1
    assert app.communicate("\n")[0].strip() == "closed"
    assert is_running(home)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert is_running(home)
    assert cli.communicate("\n")[0].strip() == "closed"
    assert not is_running(home)
    assert list((home / "postgres" / "users").iterdir()) == []


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    address = line(process)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    assert ask(address) == 1


def test_what_was_committed_outlives_a_server_that_was_killed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    ask(server.address(), "CREATE TABLE kept AS SELECT 7 AS n")
    killed = psutil.Process(postmaster(home))
    killed.kill()
    killed.wait(10)
    assert ask(server.address(), "SELECT n FROM kept") == 7
    server.close()
    assert not is_running(home)


def test_the_process_id_of_a_killed_server_may_be_anothers_by_now(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.address()
    file = home / "postgres" / "data" / "postmaster.pid"
    lines = file.read_text().splitlines()
    server.close()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = EmbeddedPostgres(home)
    assert ask(again.address()) == 1
    again.close()


def test_a_server_that_broke_while_it_shut_down_left_its_socket_to_nobody(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.address()
    sockets = server._sockets()
    assert sockets is not None
    lines = (sockets / ".s.PGSQL.5432.lock").read_text().splitlines()
    server.close()
    server._sockets()  # made again where it was taken away
    owner = sandbox.owner()
    # PostgreSQL asks whether a process of its own user bears the number.
    with subprocess.Popen(["sleep", "60"], user=None if owner is None else owner.uid) as another:
        (sockets / ".s.PGSQL.5432.lock").write_text("\n".join([str(another.pid), *lines[1:]]) + "\n")
        again = EmbeddedPostgres(home)
        assert ask(again.address()) == 1
        again.close()
        another.kill()


def test_a_folder_half_made_by_a_killed_process_is_made_anew(home: Path) -> None:
    half = home / "postgres" / "data.new" / "base"
    half.mkdir(parents=True)
    server = EmbeddedPostgres(home)
    assert ask(server.address()) == 1
    server.close()


def test_a_folder_with_a_long_name_is_served_too(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir(mode=0o700)
    server = EmbeddedPostgres(home)
    address = server.address()
    assert ask(address) == 1
    server.close()


def test_a_home_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to the folder"):
        EmbeddedPostgres(tmp_path / "file").address()


def test_a_server_that_does_not_start_is_said_with_its_own_reason(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.address()
    server.close()
    (home / "postgres" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    again = EmbeddedPostgres(home)
    with pytest.raises(UserError, match=r"no_such_setting.*PGVECTOR_URL|FATAL.*PGVECTOR_URL"):
        again.address()
    again.close()


def test_data_of_a_version_that_is_not_installed_is_left_alone(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(UserError, match="PostgreSQL 12"):
        EmbeddedPostgres(home).address()


@pytest.mark.parametrize(("gigabytes", "megabytes"), [(0.5, 128), (4, 512), (64, 1024)])
def test_memory_for_searching_is_an_eighth_within_bounds(gigabytes: float, megabytes: int) -> None:
    assert shared_buffers(int(gigabytes * 1024) * MB) == megabytes * MB


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_a_data_folder_stays_with_the_user_it_was_made_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = EmbeddedPostgres(home)
    server.address()
    server.close()
    import pwd

    made_for = (home / "postgres" / "data").stat().st_uid
    other = next(name for name in ("nobody", "daemon") if pwd.getpwnam(name).pw_uid != made_for)
    monkeypatch.setattr(sandbox, "_USERS", (other,))
    again = EmbeddedPostgres(home)
    assert ask(again.address()) == 1
    again.close()
    assert (home / "postgres" / "data").stat().st_uid == made_for
