"""Question sets in the database: a version is never changed, and two that are made at once are two."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.domain.errors import UserError
from app.domain.questions import Question
from app.domain.searching import Target
from storage.database import open_database
from storage.questions import SqlQuestionStore
from tests.integration.storing import address, database, python

QUESTIONS = (
    Question("1", "How many days?", "Fifteen.", (Target("handbook.md", 3), Target("faq.md")), "leave", "en"),
    Question("휴가", "며칠인가요?", "15일", (Target("사규.md", 2),), "휴가", "ko", wants_json=True),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as engine:
        yield engine


@pytest.fixture
def store(engine: Engine) -> SqlQuestionStore:
    return SqlQuestionStore(engine)


def test_a_set_comes_back_as_it_was_stored(store: SqlQuestionStore) -> None:
    stored = store.add("사내 FAQ", QUESTIONS)
    assert (stored.name, stored.version, stored.questions) == ("사내 FAQ", 1, QUESTIONS)
    assert store.get("사내 FAQ") == stored


def test_a_change_is_a_new_version_and_the_old_one_stays(store: SqlQuestionStore) -> None:
    first = store.add("faq", QUESTIONS)
    second = store.add("faq", QUESTIONS[:1])
    assert second.version == 2 and store.versions("faq") == (1, 2)
    assert store.get("faq") == second and store.get("faq", 1) == first


def test_the_same_content_is_the_same_version(store: SqlQuestionStore) -> None:
    first = store.add("faq", QUESTIONS)
    assert store.add("faq", QUESTIONS) == first
    store.add("faq", QUESTIONS[:1])
    assert store.add("faq", QUESTIONS).version == 3


def test_a_set_is_found_whatever_the_form_of_its_name(store: SqlQuestionStore) -> None:
    store.add("한글 FAQ", QUESTIONS)
    again = store.add(unicodedata.normalize("NFD", "한글 faq"), QUESTIONS[:1])
    assert (again.name, again.version) == ("한글 FAQ", 2)
    assert [info.name for info in store.list()] == ["한글 FAQ"]


def test_the_list_has_the_latest_version_of_each_newest_first(store: SqlQuestionStore) -> None:
    store.add("one", QUESTIONS)
    store.add("two", QUESTIONS)
    store.add("one", QUESTIONS[1:])
    listed = [(i.name, i.version, i.questions, i.categories) for i in store.list()]
    assert listed == [("one", 2, 1, ("휴가",)), ("two", 1, 2, ("leave", "휴가"))]


def test_what_cannot_be_stored_is_returned_as_it_was_stored(store: SqlQuestionStore) -> None:
    stored = store.add("odd", [Question("\0", "a\ud800b", targets=(Target("x\0.md"),))])
    assert stored == store.get("odd")
    assert store.add("odd", stored.questions).version == 1


def test_twenty_thousand_questions_are_stored(store: SqlQuestionStore) -> None:
    many = [Question(str(n), f"Question {n}?", category=f"c{n % 7}") for n in range(20_000)]
    store.add("many", many)
    assert store.get("many").questions == tuple(many)
    assert store.list()[0].questions == 20_000


@pytest.mark.parametrize(("name", "version"), [("nobody", None), ("faq", 2), ("faq", 0), ("faq", -1), ("faq", 10**30)])
def test_a_set_that_is_not_there_is_said(store: SqlQuestionStore, name: str, version: int | None) -> None:
    store.add("faq", QUESTIONS)
    with pytest.raises(UserError, match="There is no"):
        store.get(name, version)
    assert store.versions("nobody") == ()


def test_threads_that_add_at_once_get_versions_of_their_own(engine: Engine) -> None:
    together = threading.Barrier(8)

    def work(n: int) -> int:
        together.wait()
        return SqlQuestionStore(engine).add("faq", [Question("1", f"Who is {n}?")]).version

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == list(range(1, 9))


ADDER = """
import sys
from pathlib import Path
from app.domain.questions import Question
from storage.database import open_database
from storage.questions import SqlQuestionStore
store = SqlQuestionStore(open_database(sys.argv[1], Path(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
print(*(store.add("faq", [Question("1", f"{sys.argv[3]} {n}?")]).version for n in range(5)), flush=True)
"""


def test_two_processes_that_add_at_once_get_versions_of_their_own(tmp_path: Path) -> None:
    with address(tmp_path) as url:
        open_database(url, tmp_path).dispose()
        children = [python(ADDER, url, str(tmp_path), name) for name in ("one", "two")]
        assert [child.stdout.readline() for child in children if child.stdout] == ["ready\n"] * 2
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        told = [child.communicate()[0].split() for child in children]
        assert sorted(int(v) for versions in told for v in versions) == list(range(1, 11))
