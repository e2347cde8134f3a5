"""Many threads, several processes, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.domain.answers import Answer, Status
from app.domain.errors import UserError
from app.domain.ratings import Outcome
from storage.comparisons import SqlComparisonStore
from storage.database import open_database, write
from storage.owners import Owner, interrupt_the_dead, is_alive
from storage.ratings import SqlRatingStore
from storage.tables import AnswerRow
from tests.integration.storing import address, ask, database, done, finish, python, rating

# A process that owns answers: says its owner's id, then runs what it is told, then waits.
RUNNER = """
import sys
from pathlib import Path
from app.domain.answers import Answer, Status
from storage.comparisons import SqlComparisonStore
from storage.database import open_database
from storage.owners import Owner, interrupt_the_dead
from tests.integration.storing import ask, done

url, home = sys.argv[1], Path(sys.argv[2])
store = SqlComparisonStore(open_database(url, home))
owner = Owner.acquire(home)
interrupt_the_dead(store, home)
"""


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = process.stdout.readline()
    if not text:
        raise AssertionError(process.communicate()[1])
    return text.strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_sixteen_threads_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
        together = threading.Barrier(16)

        def work(n: int) -> list[str]:
            together.wait()
            kept = []
            for turn in range(5):
                record = ask(store, f"{n}.{turn}")
                for part in range(4):
                    for answer in record.answers:
                        store.save_answer(answer.id, Answer(Status.RUNNING, text="x" * part))
                finish(store, record, f"{n}.{turn} left", f"{n}.{turn} right")
                ratings.add([rating(record, Outcome.TIE)], [])
                kept.append(record.id)
            return kept

        with ThreadPoolExecutor(16) as pool:
            ids = [i for kept in pool.map(work, range(16)) for i in kept]
        stored = {record.id: record for record in store.all()}
        assert set(stored) == set(ids) and len(ids) == 80
        for record in stored.values():
            asked = record.comparison.prompt
            assert [a.answer for a in record.answers] == [done(f"{asked} left"), done(f"{asked} right")]
        assert len(list(ratings.all())) == 80


def test_reading_goes_on_while_somebody_writes(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        store = SqlComparisonStore(engine)
        record = ask(store)
        inside, read = threading.Event(), threading.Event()

        def slow(connection: object) -> None:
            inside.set()
            assert read.wait(10)

        writer = threading.Thread(target=lambda: write(engine, slow))
        writer.start()
        assert inside.wait(10)
        assert store.get(record.id) == record
        read.set()
        writer.join()


def test_a_killed_process_loses_no_answer_that_it_saw_stored(tmp_path: Path) -> None:
    script = (
        RUNNER
        + """
record = ask(store, "asked", owner=owner.id)
for n in range(100000):
    record = ask(store, str(n), owner=owner.id)
    store.save_answer(record.answers[0].id, Answer(Status.RUNNING, text="par"))
    store.save_answer(record.answers[0].id, done(f"answer {n}"))
    print(record.id, flush=True)
    store.save_answer(record.answers[1].id, Answer(Status.RUNNING, text="partial"))
"""
    )
    with address(tmp_path) as url:
        process = python(script, url, str(tmp_path))
        seen = [line(process) for _ in range(30)]
        process.send_signal(signal.SIGKILL)
        seen += process.communicate()[0].split()

        engine = open_database(url, tmp_path)
        store = SqlComparisonStore(engine)
        assert len(store.running_owners()) == 1
        assert interrupt_the_dead(store, tmp_path) >= len(seen) - 1
        assert store.running_owners() == []
        for n, identity in enumerate(seen):
            first, second = store.get(identity).answers
            assert first.answer == done(f"answer {n}")
            assert second.answer.status is Status.INTERRUPTED
        assert store.get(seen[0]).answers[1].answer.text == "partial"
        engine.dispose()


def test_a_living_process_is_never_interrupted_by_another_and_a_killed_one_is(tmp_path: Path) -> None:
    script = (
        RUNNER
        + """
record = ask(store, "asked", owner=owner.id)
store.save_answer(record.answers[0].id, Answer(Status.RUNNING, text="so far"))
print(owner.id, record.id, flush=True)
sys.stdin.readline()
store.save_answer(record.answers[0].id, done())
store.save_answer(record.answers[1].id, done())
owner.release()
"""
    )
    with address(tmp_path) as url:
        app, cli = python(script, url, str(tmp_path)), python(script, url, str(tmp_path))
        app_owner, app_record = line(app).split()
        cli_owner, cli_record = line(cli).split()
        engine = open_database(url, tmp_path)
        store = SqlComparisonStore(engine)
        assert is_alive(tmp_path, app_owner) and is_alive(tmp_path, cli_owner)
        assert interrupt_the_dead(store, tmp_path) == 0

        kill(app)
        assert not is_alive(tmp_path, app_owner) and is_alive(tmp_path, cli_owner)
        assert interrupt_the_dead(store, tmp_path) == 2
        assert store.get(app_record).answers[0].answer.text == "so far"

        assert cli.communicate("finish\n")[1] == "" and cli.returncode == 0
        assert [a.answer for a in store.get(cli_record).answers] == [done(), done()]
        assert not is_alive(tmp_path, cli_owner)
        engine.dispose()


def test_a_child_that_outlives_its_killed_parent_does_not_keep_it_alive(tmp_path: Path) -> None:
    script = (
        RUNNER
        + """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
print(owner.id, child.pid, flush=True)
sys.stdin.readline()
"""
    )
    with address(tmp_path) as url:
        parent = python(script, url, str(tmp_path))
        owner, child = line(parent).split()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        os.kill(int(child), 0)
        assert not is_alive(tmp_path, owner)
        parent.communicate()  # ends the child, which reads the same pipe


def test_a_process_is_alive_to_itself_until_it_lets_go(tmp_path: Path) -> None:
    owner = Owner.acquire(tmp_path)
    assert is_alive(tmp_path, owner.id)
    assert is_alive(tmp_path, owner.id), "asking must not end it"
    threading.Thread(target=owner.release).start()
    deadline = time.monotonic() + 5
    while is_alive(tmp_path, owner.id):
        assert time.monotonic() < deadline
    owner.release()
    assert not list((tmp_path / "owners").glob(f"{owner.id}*"))


@pytest.mark.parametrize("owner", ["", "home-1", "../../etc/passwd", "-", "x-../y", "home"])
def test_an_owner_that_was_never_one_breaks_nothing(tmp_path: Path, owner: str) -> None:
    Owner.acquire(tmp_path).release()
    is_alive(tmp_path, owner)
    assert {path.parent for path in tmp_path.rglob("*")} <= {tmp_path, tmp_path / "owners"}


def test_a_process_of_another_home_is_left_alone_for_a_day(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        store = SqlComparisonStore(engine)
        elsewhere = Owner.acquire(tmp_path / "elsewhere")
        Owner.acquire(tmp_path).release()
        record = ask(store, owner=elsewhere.id)
        elsewhere.release()
        assert is_alive(tmp_path, elsewhere.id)
        assert interrupt_the_dead(store, tmp_path) == 0
        long_ago = record.created_at - timedelta(days=1, minutes=1)
        write(engine, lambda connection: connection.execute(update(AnswerRow).values(updated_at=long_ago)))
        assert interrupt_the_dead(store, tmp_path) == 2


def test_a_home_that_cannot_be_written_to_has_no_owner(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to the folder"):
        Owner.acquire(tmp_path / "file")
