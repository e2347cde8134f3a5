"""Which process runs which answers, and whether it still lives.

A process that runs comparisons holds a lock on a file of its own for as long as it lives. The
operating system lets go of the lock however the process ends, kill -9 and power cuts included; a
process id would not do, because ids come again and mean nothing in another container.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from storage import problems
from storage.comparisons import SqlComparisonStore

_FOLDER = "owners"


class Owner:
    """This process, as the owner of the answers it runs; `id` is what storage keeps.

    An id begins with the home it was made in: with one Postgres behind two machines, each can see
    only its own processes, and takes those of the other home for alive.
    """

    def __init__(self, identity: str, lock: FileLock) -> None:
        self.id = identity
        self._lock = lock

    @classmethod
    def acquire(cls, home: Path) -> Owner:
        """Raises UserError when `home` cannot be written to."""
        folder = home / _FOLDER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            identity = f"{_home_id(folder)}-{secrets.token_hex(8)}"
            lock = _lock(folder, identity)
            lock.acquire(timeout=10)
        except OSError as error:
            raise problems.folder_not_writable(str(folder), error) from None
        return cls(identity, lock)

    def release(self) -> None:
        """Say that this process runs nothing any more. A second call does nothing."""
        if self._lock.is_locked:
            _remove(self._lock)
            self._lock.release()

    def __enter__(self) -> Owner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def is_alive(home: Path, owner: str) -> bool:
    """Whether the process `owner` still runs; True, to be safe, for one of another home.

    A process is alive to itself too. The answer False is final: ids are never used again.
    """
    made_in, _, token = owner.rpartition("-")
    if not made_in or not token.isalnum():
        return False
    if not _of_this_home(home, owner):
        return True
    lock = _lock(home / _FOLDER, owner)
    if not Path(lock.lock_file).exists():
        return False
    try:
        lock.acquire(timeout=0)
    except (Timeout, PermissionError):
        return True
    _remove(lock)
    lock.release()
    return False


def interrupt_the_dead(store: SqlComparisonStore, home: Path) -> int:
    """Mark the unfinished answers of every process that is gone as interrupted; returns how many.

    To be called at start, and harmless at any time: what a living process runs is left alone. What
    came with a database from another home (a backup, a lost folder) counts as gone after a day
    without a sign of life.
    """
    abandoned = store.running_owners(untouched_for=timedelta(days=1))

    def gone(owner: str) -> bool:
        return not is_alive(home, owner) or (owner in abandoned and not _of_this_home(home, owner))

    return sum(store.interrupt(owner) for owner in store.running_owners() if gone(owner))


def _of_this_home(home: Path, owner: str) -> bool:
    folder = home / _FOLDER
    return folder.is_dir() and owner.rpartition("-")[0] == _home_id(folder)


def _lock(folder: Path, owner: str) -> FileLock:
    # Not by thread: whoever ends the process may not be the thread that began it.
    return FileLock(folder / f"{owner}.lock", thread_local=False)


def _remove(lock: FileLock) -> None:
    # While it is held, so that nobody takes a file that is about to go. Windows refuses; then the
    # empty file stays, which harms nothing.
    with suppress(OSError):
        Path(lock.lock_file).unlink()


def _home_id(folder: Path) -> str:
    """A name for this home that stays with its folder, wherever that is mounted."""
    file = folder / "home"
    with suppress(FileNotFoundError):
        if name := file.read_text("ascii").strip():
            return name
    with FileLock(folder / "home.lock", thread_local=False):
        if not file.exists() or not file.read_text("ascii").strip():
            file.write_text(secrets.token_hex(4), "ascii")
        return file.read_text("ascii").strip()
