"""A database for a test, and things to put in it.

SQLite in the test's folder; with UNDERSTUDY_TEST_DATABASE_URL (a Postgres server where databases
may be created) the same tests run there, each in a database of its own.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.comparisons import Comparison, ComparisonRecord
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.ratings import Outcome, Rating
from storage.comparisons import SqlComparisonStore
from storage.database import open_database

ROOT = Path(__file__).parents[2]
SERVER = os.environ.get("UNDERSTUDY_TEST_DATABASE_URL", "")

CLOUD = Contestant(ModelRef("openai", "gpt-5.4-mini"), Sampling(temperature=0.3, stop=("END",)))
LOCAL = Contestant(ModelRef("ollama", "llama3.1:8b"))
FLOOR = Contestant(ModelRef("builtin", "extract"))
EVIDENCE = Evidence((Passage("handbook.pdf", "휴가는 20일입니다.", 3, 13, page=2, score=0.5), Passage("b.txt", "…")))


@contextmanager
def database(folder: Path) -> Iterator[Engine]:
    """An open database in `folder`, at the newest revision."""
    with address(folder) as url:
        engine = open_database(url, folder)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """The address of a database that does not exist yet, or is empty."""
    if not SERVER:
        yield f"sqlite:///{(folder / 'understudy.db').as_posix()}"
        return
    name = f"understudy_test_{secrets.token_hex(6)}"
    server = create_engine(make_url(SERVER).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def ask(
    store: SqlComparisonStore,
    prompt: str = "How many days of leave?",
    contestants: tuple[Contestant, ...] = (CLOUD, LOCAL),
    *,
    sides: tuple[int, ...] | None = None,
    after: ComparisonRecord | None = None,
    owner: str = "home-1",
    blind: bool = False,
    evidence: Evidence = EVIDENCE,
) -> ComparisonRecord:
    """Store a comparison whose answers wait."""
    return store.add(
        Comparison(prompt, contestants, system="Be brief.", evidence=evidence, blind=blind),
        sides=sides or tuple(range(len(contestants))),
        after=None if after is None else after.id,
        owner=owner,
    )


def done(words: str = "20 days [1].") -> Answer:
    return Answer(
        Status.DONE,
        text=words,
        finish="stop",
        usage=Usage(120, 6, cached_input=64),
        timing=Timing(first_token=0.25, total=1.5),
        cost_usd=Decimal("0.000123"),
    )


def finish(store: SqlComparisonStore, record: ComparisonRecord, *words: str) -> ComparisonRecord:
    """End every answer of `record` well, with `words` where given."""
    for n, answer in enumerate(record.answers):
        store.save_answer(answer.id, done(words[n]) if n < len(words) else done())
    return store.get(record.id)


def rating(record: ComparisonRecord, outcome: Outcome = Outcome.LEFT, **given: object) -> Rating:
    """A rating of the first two answers as shown; `given` are further fields."""
    left, right = record.by_side[:2]
    fields: dict[str, object] = {
        "vote": secrets.token_hex(8),
        "comparison": record.id,
        "left": left.id,
        "right": right.id,
        "outcome": outcome,
        "blind": False,
        "rater": "mina",
        "created_at": datetime.now(UTC),
    }
    return Rating(**(fields | given))  # type: ignore[arg-type]


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own, in the repository, to talk to by its pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
