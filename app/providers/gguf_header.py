"""What a GGUF file says about itself, read from its header alone.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The file may come from anywhere:
every length is checked against what is left of the file, and counts against ceilings, before it is believed.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_KEYS = 65_536
MOST_ELEMENTS = 4_000_000
LONGEST_TEXT = 16 * 2**20
KEPT_ELEMENTS = 1_024

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...] | None

_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# llama.cpp's `enum llama_ftype`, as people write it.
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS",
    20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M",
    28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


Flaw = Literal["empty", "not_gguf", "cut", "odd"]


class BadHeader(ValueError):
    """The file is not a GGUF file that llama.cpp could read; the text says why, in plain words."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw: Flaw = flaw


@dataclass(frozen=True, slots=True)
class Header:
    """`size` in bytes of the file, `context_length` the tokens that the model was trained on.

    None where the file does not say. `kv_bytes_per_token` is what one token of context takes in memory
    at 16 bits; for models with sliding or shared caches it is more than they need, never less.
    """

    size: int
    architecture: str
    name: str | None = None
    size_label: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    kv_bytes_per_token: int | None = None
    chat_template: str | None = None


def read_header(path: Path) -> Header:
    """Read `path`. Raises BadHeader for what is no GGUF file, OSError for what cannot be read."""
    size = path.stat().st_size
    if size == 0:
        raise BadHeader("empty", "the file is empty")
    with path.open("rb") as file:
        start = file.read(4)
        if start != MAGIC:
            raise BadHeader("not_gguf", "it does not begin with the letters GGUF")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return _header(_Reader(view, size).values(), size)


class _Reader:
    def __init__(self, view: mmap.mmap, size: int) -> None:
        self._view, self._size, self._at = view, size, len(MAGIC)

    def values(self) -> Mapping[str, Value]:
        (version,) = self._unpack("I")
        if version not in VERSIONS:
            swapped = int.from_bytes(int(version).to_bytes(4, "little"), "big")
            what = "big-endian" if swapped in VERSIONS else f"version {version}"
            raise BadHeader("odd", f"its format is {what}, and llama.cpp reads little-endian versions 2 and 3")
        _tensors, keys = self._unpack("QQ")
        if keys > MOST_KEYS:
            raise BadHeader("odd", f"its header claims {keys} entries")
        values: dict[str, Value] = {}
        for _ in range(keys):
            name = self._text()
            (kind,) = self._unpack("I")
            values[name] = self._value(kind)
        return values

    def _take(self, length: int) -> int:
        at = self._at
        if length > self._size - at:
            raise BadHeader("cut", "it ends in the middle of its header")
        self._at = at + length
        return at

    def _unpack(self, layout: str) -> tuple[int, ...]:
        layout = "<" + layout
        return struct.unpack_from(layout, self._view, self._take(struct.calcsize(layout)))

    def _text(self) -> str:
        (length,) = self._unpack("Q")
        if length > LONGEST_TEXT:
            raise BadHeader("odd", f"its header claims a text of {length} bytes")
        at = self._take(length)
        return self._view[at : at + length].decode("utf-8", "replace")

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        if kind not in _FORMATS:
            raise BadHeader("odd", f"its header has a value of unknown type {kind}")
        (value,) = self._unpack(_FORMATS[kind])
        return value

    def _array(self) -> tuple[Scalar, ...] | None:
        """Short arrays of numbers; the vocabulary is passed over."""
        kind, count = self._unpack("IQ")
        if count > MOST_ELEMENTS:
            raise BadHeader("odd", f"its header claims a list of {count} entries")
        if kind == _STRING:
            for _ in range(count):
                (length,) = self._unpack("Q")
                self._take(length)
            return None
        if kind not in _FORMATS:
            raise BadHeader("odd", f"its header has a list of unknown type {kind}")
        if count > KEPT_ELEMENTS:
            self._take(struct.calcsize(_FORMATS[kind]) * count)
            return None
        return self._unpack(f"{count}{_FORMATS[kind]}")


def _header(values: Mapping[str, Value], size: int) -> Header:
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise BadHeader("odd", "its header names no architecture")

    def number(key: str) -> int | None:
        value = values.get(key)
        if isinstance(value, tuple):  # one a layer
            value = max((v for v in value if isinstance(v, int)), default=None)
        return value if isinstance(value, int) and 0 < value < 2**31 else None

    def text(key: str) -> str | None:
        value = values.get(key)
        return value if isinstance(value, str) and value.strip() else None

    layers = number(f"{architecture}.block_count")
    width = number(f"{architecture}.embedding_length")
    heads = number(f"{architecture}.attention.head_count")
    kv_heads = number(f"{architecture}.attention.head_count_kv") or heads
    head = number(f"{architecture}.attention.key_length") or (width // heads if width and heads else None)
    kv = 2 * 2 * layers * kv_heads * head if layers and kv_heads and head else None
    file_type = number("general.file_type") if values.get("general.file_type") != 0 else 0
    return Header(
        size=size,
        architecture=architecture,
        name=text("general.name"),
        size_label=text("general.size_label"),
        quantization=_FILE_TYPES.get(file_type) if file_type is not None else None,
        context_length=number(f"{architecture}.context_length"),
        kv_bytes_per_token=kv,
        chat_template=text("tokenizer.chat_template"),
    )
