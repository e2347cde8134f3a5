"""GGUF headers made by hand, and the smallest files that pass for a model."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def _string(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def text(key: str, value: str) -> bytes:
    return _string(key) + struct.pack("<I", 8) + _string(value)


def u32(key: str, value: int) -> bytes:
    return _string(key) + struct.pack("<II", 4, value)


def strings(key: str, values: Sequence[str]) -> bytes:
    return _string(key) + struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(_string, values))


def array(key: str, kind: int, values: Sequence[int], layout: str) -> bytes:
    return _string(key) + struct.pack(f"<IIQ{len(values)}{layout}", 9, kind, len(values), *values)


def gguf(*entries: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries)


def a_model(family: str = "llama", context: int = 2048) -> bytes:
    """A header that any reader of ours takes for a model; llama.cpp would find no tensors."""
    return gguf(text("general.architecture", family), u32(f"{family}.context_length", context))
