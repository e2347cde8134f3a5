"""Whose processes and folders the embedded server's are.

PostgreSQL refuses to run as root. Then it runs as a user that is there already, in a data folder of
that user's own; only that user's group is let through the folders above it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from app.domain.errors import UserError
from app.domain.message import Message

_USERS = ("pgserver", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Owner:
    uid: int
    gid: int


def owner(data: Path | None = None) -> Owner | None:
    """The user that the server must run as; None: as we do. Raises UserError when root has none to give.

    The data folder `data`, once there, stays with the user it was made for, whoever else came since.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    with suppress(OSError):
        if data is not None and (of := data.stat()).st_uid != 0:
            return Owner(of.st_uid, of.st_gid)

    for name in _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid)
    raise UserError(
        Message("PostgreSQL does not run as root, and there is no user to run it as."),
        Message("Run `useradd --system postgres`, or start Understudy as another user, or set PGVECTOR_URL."),
    )


def let_in(who: Owner, *paths: Path) -> None:
    """Let `who` pass through every folder above `paths`: by its group where that is free, else by all."""
    for folder in {parent for path in paths for parent in path.absolute().parents}:
        found = folder.stat()
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid == who.uid or mode & stat.S_IXOTH or (found.st_gid == who.gid and mode & stat.S_IXGRP):
            continue
        if mode & stat.S_IRWXG == 0 or found.st_gid == who.gid:
            os.chown(folder, -1, who.gid)
            folder.chmod(mode | stat.S_IXGRP)
        else:
            folder.chmod(mode | stat.S_IXOTH)


def private_folder(of: Path) -> Path:
    """A folder with a short name, for the server and us alone: where the socket goes when `of` is too long."""
    folder = _short(of)
    folder.mkdir(mode=0o700, exist_ok=True)
    server = owner(of)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), server.uid if server else os.geteuid()}:
        raise UserError(
            Message("The folder {folder} belongs to somebody else.", folder=str(folder)),
            Message("Set UNDERSTUDY_HOME to a folder with a shorter name, or TMPDIR to one of your own."),
        )
    folder.chmod(0o700)
    if server is not None:
        os.chown(folder, server.uid, server.gid)
    return folder


def drop_private_folder(of: Path) -> None:
    """Remove what `private_folder` made, if it is there and empty."""
    with suppress(OSError):
        _short(of).rmdir()


def _short(of: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"understudy-{hashlib.sha256(os.fsencode(of)).hexdigest()[:16]}"


def is_postgres(pid: int) -> bool:
    """Whether a process of this id lives and is a PostgreSQL server."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.name().lower().startswith("postgres"))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
