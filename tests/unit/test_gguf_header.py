"""What a GGUF file says about itself, honest files and hostile ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.gguf_header import BadHeader, read_header
from tests.unit.gguf_bytes import array, gguf, strings, text, u32


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    return path


def test_a_header_tells_family_size_quantisation_and_context(tmp_path: Path) -> None:
    header = read_header(
        written(
            tmp_path,
            gguf(
                text("general.architecture", "qwen3"),
                text("general.size_label", "4B"),
                u32("general.file_type", 15),
                u32("qwen3.context_length", 40960),
                strings("tokenizer.ggml.tokens", ["a", "b"]),
                text("tokenizer.chat_template", "{{ enable_thinking }}"),
            ),
        )
    )
    assert (header.architecture, header.size_label, header.quantization) == ("qwen3", "4B", "Q4_K_M")
    assert header.context_length == 40960
    assert header.chat_template == "{{ enable_thinking }}"


def test_the_memory_of_a_token_counts_layers_heads_and_their_width(tmp_path: Path) -> None:
    smollm2 = [
        text("general.architecture", "llama"),
        u32("llama.block_count", 30),
        u32("llama.embedding_length", 576),
        u32("llama.attention.head_count", 9),
        u32("llama.attention.head_count_kv", 3),
    ]
    assert read_header(written(tmp_path, gguf(*smollm2))).kv_bytes_per_token == 2 * 2 * 30 * 3 * 64


def test_heads_that_differ_by_layer_count_as_the_most(tmp_path: Path) -> None:
    entries = [
        text("general.architecture", "x"),
        u32("x.block_count", 2),
        u32("x.attention.key_length", 10),
        array("x.attention.head_count_kv", 4, [1, 5], "I"),
    ]
    assert read_header(written(tmp_path, gguf(*entries))).kv_bytes_per_token == 2 * 2 * 2 * 5 * 10


def test_what_the_file_does_not_say_is_unknown(tmp_path: Path) -> None:
    header = read_header(written(tmp_path, gguf(text("general.architecture", "x"))))
    assert header.context_length is header.quantization is header.kv_bytes_per_token is header.chat_template is None


@pytest.mark.parametrize(
    ("data", "flaw", "words"),
    [
        (b"", "empty", "empty"),
        (b"<html>not found</html>", "not_gguf", "GGUF"),
        (b"GGUF", "cut", "middle"),
        (b"GGUF" + struct.pack("<I", 3), "cut", "middle"),
        (b"GGUF" + struct.pack(">I", 3), "odd", "big-endian"),
        (b"GGUF" + struct.pack("<I", 1) + b"\0" * 16, "odd", "version 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "odd", "entries"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "odd", "text of"),
        (gguf(text("general.architecture", "x"))[:-1], "cut", "middle"),
        (gguf(struct.pack("<Q1sIIQ", 1, b"k", 9, 8, 2**60)), "odd", "list of"),
        (gguf(struct.pack("<Q1sI", 1, b"k", 99)), "odd", "type 99"),
        (gguf(struct.pack("<Q1sIIQ", 1, b"k", 9, 9, 1)), "odd", "type 9"),
        (gguf(text("general.name", "x")), "odd", "architecture"),
    ],
)
def test_a_broken_file_is_named_for_what_it_is(tmp_path: Path, data: bytes, flaw: str, words: str) -> None:
    with pytest.raises(BadHeader, match=words) as caught:
        read_header(written(tmp_path, data))
    assert caught.value.flaw == flaw


@given(data=st.binary(max_size=400), cut=st.integers(0, 200))
def test_no_bytes_bring_anything_but_a_header_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.gguf"
    honest = gguf(text("general.architecture", "x"), u32("x.context_length", 7))
    for bytes_ in (b"GGUF\3\0\0\0" + data, honest[:cut] + data):
        path.write_bytes(bytes_)
        try:
            read_header(path)
        except BadHeader as exc:
            assert str(exc)
