"""Processes that are killed and processes at once: whole documents only, and none of them lost or doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storage.postgres.passages import PgPassageStore
from tests.integration import passages

ROOT = Path(__file__).resolve().parents[2]
FILES = 40


def make(folder: Path, start: int = 0, count: int = FILES) -> Path:
    folder.mkdir(exist_ok=True)
    for n in range(start, start + count):
        (folder / f"{n:03}.txt").write_text(f"Sentence of document {n} with some words. " * 120)
    return folder


def child(schema: str, folder: Path, home: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.integration.index_child",
        passages.address()(),
        schema,
        str(folder),
        str(home),
    ]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def check_whole(store: PgPassageStore) -> set[str]:
    """The names of the documents, each seen to have all of its passages."""
    names = set()
    for document in store.documents("handbook"):
        body = store.read(document.id).text
        found = store.passages(document.id)
        assert len(found) == document.passages and found[-1].end == len(body)
        names.add(document.name)
    assert len(names) == len(store.documents("handbook"))
    return names


def test_killed_in_the_middle_and_run_again_it_is_complete(tmp_path: Path) -> None:
    folder = make(tmp_path / "docs")
    with passages.schema() as schema, passages.store(schema) as store:
        first = child(schema, folder, tmp_path / "home")
        assert first.stdout is not None
        for _ in range(4):
            assert first.stdout.readline()
        first.kill()
        first.wait()
        before = check_whole(store)
        assert 0 < len(before) < FILES
        again = child(schema, folder, tmp_path / "home")
        again.communicate(timeout=100)
        assert again.returncode == 0
        assert len(check_whole(store)) == FILES


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    folders = [make(tmp_path / "docs"), make(tmp_path / "more", FILES), tmp_path / "docs"]
    with passages.schema() as schema, passages.store(schema) as store:
        running = [child(schema, folder, tmp_path / f"home{n}") for n, folder in enumerate(folders)]
        for process in running:
            process.communicate(timeout=100)
        assert [process.returncode for process in running] == [0, 0, 0]
        assert len(check_whole(store)) == 2 * FILES
