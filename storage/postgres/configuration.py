"""How the embedded server is set up: enough memory to search quickly, and no door but its own socket."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SUPERUSER = "understudy"
MB = 1 << 20


def configuration(sockets: Path | None, port: int | None) -> str:
    """The text of a postgresql.conf; `sockets` is the folder of the socket, `port` one of localhost instead."""
    settings = {
        "listen_addresses": "127.0.0.1" if sockets is None else "",
        "port": str(port or 5432),
        "unix_socket_directories": "" if sockets is None else f'"{sockets}"',
        "unix_socket_permissions": "0700",
        # Taken as it is used, so that a small collection costs little.
        "shared_buffers": f"{shared_buffers(memory()) // MB}MB",
        "max_wal_size": "2GB",
        # No copy of this server follows its log: an index is built without writing it twice.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "jit": "off",
        "random_page_cost": "1.1",
        "log_statement": "none",
        "log_min_error_statement": "panic",  # a statement holds what somebody asked
        "log_checkpoints": "off",
        "logging_collector": "off",
        "dynamic_shared_memory_type": "posix" if sockets is not None else "windows",
    }
    if shared_memory_is_small():
        settings["dynamic_shared_memory_type"] = "mmap"
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
    return "# Written at every start.\n" + "\n".join(lines) + "\n"


def shared_buffers(total: int) -> int:
    """An eighth of the memory, from 128 MB to 1 GB (bytes)."""
    return max(128 * MB, min(1024 * MB, total // 8))


def memory() -> int:
    """Bytes of memory of this machine, or of the container that we are in."""
    total = 4096 * MB
    with suppress(ValueError, OSError, AttributeError):
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(ValueError, OSError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total


def shared_memory_is_small() -> bool:
    """A container's /dev/shm holds 64 MB unless told otherwise: too little to build an index in parallel."""
    try:
        found = os.statvfs("/dev/shm")
    except (OSError, AttributeError):
        return False
    return found.f_blocks * found.f_frsize < 1024 * MB
