"""Counting tokens: exactly OpenAI's, offline, and without blowing up on any text."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiktoken
import tiktoken_ext.openai_public as official
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.chat import ChatMessage
from app.domain.models import ModelRef
from app.pricing import tokens as module
from app.pricing.tokens import Tokens, pieces

GPT = ModelRef("openai", "gpt-5.4-mini")
CACHE_FILES = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}


@pytest.fixture(scope="module")
def counter() -> Tokens:
    return Tokens()


@pytest.mark.parametrize("name", CACHE_FILES)
def test_our_encoding_is_tiktoken_s_own(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tiktoken checks the ranks' SHA-256 itself when it reads its cache."""
    spec = importlib.util.find_spec("bpe_openai")
    assert spec and spec.submodule_search_locations
    packed = Path(spec.submodule_search_locations[0]) / "data" / f"{name}.tiktoken.gz"
    url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    assert hashlib.sha1(url.encode()).hexdigest() == CACHE_FILES[name]
    (tmp_path / CACHE_FILES[name]).write_bytes(gzip.decompress(packed.read_bytes()))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    theirs = getattr(official, name)()
    ours = module._load(name)
    assert ours._pat_str == theirs["pat_str"]
    assert ours._mergeable_ranks == theirs["mergeable_ranks"]


def test_known_texts_have_their_known_counts(counter: Tokens) -> None:
    assert counter.count("tiktoken is great!", ModelRef("openai", "gpt-4o")) == (6, True)
    assert counter.count("안녕하세요, 만나서 반갑습니다", GPT) == (8, True)


@pytest.mark.parametrize(
    "name", ["gpt-5.4", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini-2024-07-18", "o3", "o3-mini"]
)
def test_openai_models_of_a_known_encoding_are_exact(counter: Tokens, name: str) -> None:
    assert counter.count("hello world", ModelRef("openai", name)) == (2, True)


@pytest.mark.parametrize(
    "ref",
    [
        "openai:gpt-6-sol",
        "ollama:llama3.1:8b",
        "ollama:gpt-oss:20b",
        "gguf:smollm2",
        "litellm:gpt-4o",
        "openai:davinci",
    ],
)
def test_everything_else_is_an_estimate_in_o200k(counter: Tokens, ref: str) -> None:
    assert counter.count("hello world", ModelRef.parse(ref)) == (2, False)


def test_text_that_looks_like_a_special_token_is_plain_text(counter: Tokens) -> None:
    assert counter.count("<|endoftext|>", GPT) == (7, True)


def test_no_text_is_no_token(counter: Tokens) -> None:
    assert counter.count("", GPT) == (0, True)


def test_lone_surrogates_count_as_replacement_characters(counter: Tokens) -> None:
    assert counter.count("a\ud800b", GPT) == counter.count("a\ufffdb", GPT)
    assert counter.count("\ud83d\ude00", GPT) == counter.count("😀", GPT)


def test_a_conversation_costs_its_framing(counter: Tokens) -> None:
    messages = [ChatMessage("system", "hello world"), ChatMessage("user", "hello world")]
    assert counter.count_messages(messages, GPT) == (2 + 4 + 2 + 4 + 3, True)
    assert counter.count_messages(messages, ModelRef("ollama", "x")) == (15, False)


def test_a_megabyte_of_prose_is_exact(counter: Tokens) -> None:
    text = "The quick brown fox jumps over the lazy dog.\n우리 규정에 따르면 휴가는 십오일입니다. " * 16_000
    assert len(text) > 1_000_000
    assert counter.count(text, GPT) == (len(module._load("o200k_base").encode_ordinary(text)), True)


@pytest.mark.parametrize("character", [" ", "\t", "\n", "a", "=", "가", "\0", "😀"])
@pytest.mark.timeout(20)
def test_a_megabyte_of_one_character_is_counted_and_called_an_estimate(counter: Tokens, character: str) -> None:
    """A million blanks in one piece would panic inside tiktoken."""
    count, exact = counter.count(character * 1_000_000, GPT)
    assert 1_000 < count <= 1_000_000
    assert not exact


@given(
    st.text(st.sampled_from(list(" \n\t\r/.,!'sAbz09가힣中😀\u0301\u200d\x1c\x85\u3000_-")), max_size=120),
    st.sampled_from(list(CACHE_FILES)),
)
@settings(max_examples=400, deadline=None)
def test_cutting_at_a_safe_place_changes_no_token(text: str, name: str) -> None:
    encoding = module._load(name)
    parts: list[str] = [""]
    for piece, safe in pieces(text, 12):
        parts[-1] += piece
        if safe:
            parts.append("")
    assert [t for part in parts for t in encoding.encode_ordinary(part)] == encoding.encode_ordinary(text)
    assert all(len(piece) <= 12 for piece, _ in pieces(text, 12))


def test_counting_never_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # tiktoken's own loader would download at every use
    module._load.cache_clear()
    assert Tokens().count("hello world", ModelRef("openai", "gpt-3.5-turbo")) == (2, True)
    assert Tokens().count("hello world", GPT) == (2, True)


def test_threads_that_start_together_share_one_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    real = tiktoken.Encoding

    def build(name: str, **rest: object) -> tiktoken.Encoding:
        built.append(name)
        return real(name, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module.tiktoken, "Encoding", build)
    module._load.cache_clear()
    gate = threading.Barrier(4)

    def count(_: int) -> tuple[int, bool]:
        gate.wait()
        return Tokens().count("hello world", GPT)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(count, range(4))) == [(2, True)] * 4
    assert built == ["o200k_base"]
