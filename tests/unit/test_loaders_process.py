"""The worker process: what a bad file does there stays there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.loading import MB, Cancelled, LoadingLimits
from app.retrieval.loaders.process import ProcessLoader
from tests.unit import made_files

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


@pytest.fixture
def loader():
    loader = ProcessLoader()
    yield loader
    loader.close()


def slow_pdf(path: Path, pages: int = 400) -> Path:
    return made_files.pdf(path, [[f"Line {n} of page {page}" for n in range(45)] for page in range(pages)])


def pid(loader: ProcessLoader) -> int:
    assert loader._worker is not None
    return loader._worker._process.pid


def test_a_document_comes_back_whole(loader: ProcessLoader, tmp_path: Path) -> None:
    made = made_files.word(tmp_path / "a.docx")
    document = loader.load(made, "a.docx")
    assert document.text.startswith("Handbook")
    assert document.headings[0].text == "Handbook"


def test_one_process_serves_many_files_and_a_refusal_does_not_end_it(loader: ProcessLoader, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.pdf").write_text("no pdf")
    loader.load(tmp_path / "a.txt", "a.txt")
    first = pid(loader)
    with pytest.raises(UserError, match="is no pdf inside"):
        loader.load(tmp_path / "b.pdf", "b.pdf")
    loader.load(tmp_path / "a.txt", "a.txt")
    assert pid(loader) == first


def test_pages_are_told_as_they_are_read(loader: ProcessLoader, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    loader.load(slow_pdf(tmp_path / "a.pdf", 60), "a.pdf", on_page=lambda done, pages: heard.append((done, pages)))
    assert heard[0] == (0, 60)


@linux
def test_a_parser_that_wants_too_much_memory_is_told_no(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"word " * 16_000_000)
    loader = ProcessLoader(LoadingLimits(memory_bytes=150 * MB, characters=100_000_000))
    try:
        with pytest.raises(UserError, match="150 MB of memory"):
            loader.load(tmp_path / "a.txt", "a.txt")
        (tmp_path / "b.txt").write_text("small")
        assert loader.load(tmp_path / "b.txt", "b.txt").text == "small"
    finally:
        loader.close()


def test_a_parser_that_says_nothing_for_too_long_is_ended(tmp_path: Path) -> None:
    loader = ProcessLoader(LoadingLimits(total=0.2))
    try:
        with pytest.raises(UserError, match="given up after"):
            loader.load(slow_pdf(tmp_path / "a.pdf"), "a.pdf")
        assert loader._worker is not None and not loader._worker.alive
    finally:
        loader.close()


def test_cancelling_ends_the_reading_at_once(loader: ProcessLoader, tmp_path: Path) -> None:
    cancelled = threading.Event()
    made = slow_pdf(tmp_path / "a.pdf")
    with pytest.raises(Cancelled):
        loader.load(made, "a.pdf", on_page=lambda done, pages: cancelled.set(), cancelled=cancelled)


def test_a_worker_that_is_killed_fails_its_file_alone(loader: ProcessLoader, tmp_path: Path) -> None:
    made = slow_pdf(tmp_path / "a.pdf")
    with pytest.raises(UserError, match="did not survive"):
        loader.load(made, "a.pdf", on_page=lambda done, pages: os.kill(pid(loader), 9))
    (tmp_path / "b.txt").write_text("small")
    assert loader.load(tmp_path / "b.txt", "b.txt").text == "small"


@linux
def test_the_worker_is_given_no_key(loader: ProcessLoader, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key")
    (tmp_path / "a.txt").write_text("small")
    loader.load(tmp_path / "a.txt", "a.txt")
    assert b"sk-very-secret-key" not in Path(f"/proc/{pid(loader)}/environ").read_bytes()


@linux
def test_the_worker_goes_when_its_input_ends(loader: ProcessLoader, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("small")
    loader.load(tmp_path / "a.txt", "a.txt")
    assert loader._worker is not None and loader._worker._process.stdin is not None
    loader._worker._process.stdin.close()
    assert loader._worker._process.wait(10) == 0


def test_a_file_that_is_refused_unopened_starts_no_process(loader: ProcessLoader, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError, match="empty"):
        loader.load(tmp_path / "a.txt", "a.txt")
    assert loader._worker is None


def test_a_bomb_is_refused_in_moments(loader: ProcessLoader, tmp_path: Path) -> None:
    made = made_files.bomb(tmp_path / "a.docx")
    started = time.monotonic()
    with pytest.raises(UserError, match="not opened"):
        loader.load(made, "a.docx")
    assert time.monotonic() - started < 10
