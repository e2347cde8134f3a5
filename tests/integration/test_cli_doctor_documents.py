"""`doctor` on where documents are kept."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from storage.postgres import condition
from tests.integration import passages
from tests.integration.commands import Commands


def test_doctor_says_where_documents_are_kept_and_starts_nothing_for_it(commands: Commands) -> None:
    documents = commands("doctor", "--json").json["documents"]
    folder = commands.home / "postgres"
    assert documents == {
        "place": str(folder),
        "kind": "embedded",
        "begun": False,
        "bytes": 0,
        "postgres": None,
        "pgvector": None,
        "problem": None,
    }
    assert f"{folder} (built-in PostgreSQL, nothing indexed yet)" in commands("doctor").out
    assert not folder.exists()
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("18\n")
    (folder / "data" / "16384").write_bytes(bytes(3_000_000))
    begun = commands("doctor", "--json").json["documents"]
    assert begun["begun"] and begun["bytes"] == 3_000_003 and begun["postgres"] == "18"  # type: ignore[index]
    assert "(built-in PostgreSQL, 3 MB)" in commands("doctor").out and not (folder / "users").exists()


def test_doctor_says_how_the_document_server_is_and_never_its_user_or_password(commands: Commands) -> None:
    at = conninfo_to_dict(passages.address()())
    user, words = str(at.get("user")), str(at.get("password") or "")
    commands.variables["PGVECTOR_URL"] = passages.url()
    result = commands("doctor", "--json")
    documents = result.json["documents"]
    assert documents["kind"] == "server" and documents["problem"] is None  # type: ignore[index]
    assert documents["place"].endswith(f"/{at['dbname']}")  # type: ignore[index]
    assert documents["postgres"][:2].isdigit() and documents["pgvector"].startswith("0.")  # type: ignore[index]
    shown = commands("doctor").out
    assert f"pgvector {documents['pgvector']}" in shown  # type: ignore[index]
    assert f"user={user}" not in result.out and f"{user}:" not in result.out
    assert not words or words not in result.out + shown

    commands.variables["PGVECTOR_URL"] = "postgresql://hidden-me:hidden-word@127.0.0.1:1/documents"
    down = commands("doctor", "--json")
    told = down.json["documents"]
    assert told["place"] == "127.0.0.1:1/documents" and "refused" in told["problem"]  # type: ignore[index]
    printed = commands("doctor").out
    assert "cannot be reached" in printed and "unset PGVECTOR_URL" in printed
    assert "hidden" not in down.out + down.err + printed


def test_a_user_that_the_document_server_refuses_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*given: object, **more: object) -> None:
        raise psycopg.OperationalError('FATAL:  password authentication failed for user "hidden-me"')

    monkeypatch.setattr(condition.psycopg, "connect", refuse)
    told = condition.condition(tmp_path, "postgresql://hidden-me:hidden-word@127.0.0.1:1/documents")
    assert told.problem == "FATAL:  password authentication failed for the user"
