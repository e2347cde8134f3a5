"""Keys never reach a person's eyes."""

from __future__ import annotations

import pytest

from app.providers.redaction import MASK, scrub


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    assert scrub("a hunter2hunter2 b hunter2hunter2", ["hunter2hunter2"]) == f"a {MASK} b {MASK}"


def test_a_longer_secret_goes_before_one_that_it_holds() -> None:
    assert scrub("key=abcdefgh-extra", ["abcdefgh", "abcdefgh-extra"]) == f"key={MASK}"


def test_a_secret_in_a_url_is_masked_in_its_quoted_form_too() -> None:
    assert "p%40ss%2Fword" not in scrub("GET /x?y=p%40ss%2Fword", ["p@ss/word"])


def test_a_secret_too_short_to_be_one_masks_nothing() -> None:
    assert scrub("a cat sat", ["a", ""]) == "a cat sat"


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcdefghijklmnop",
        "sk-ant-api03-abc_def-ghi",
        "sk-12345***********wxyz",
        "AIzaSyA0123456789abcdefghij",
        "gsk_0123456789abcdefghij",
        "hf_0123456789abcdefghij",
        "xai-0123456789abcdefghij",
    ],
)
def test_what_looks_like_a_key_is_masked_unasked(key: str) -> None:
    said = scrub(f"Incorrect API key provided: {key}. You can …")
    assert key not in said
    assert key[-6:] not in said
    assert "You can" in said


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("https://me:pass@host/v1", "pass"),
        ("https://host/v1?api_key=abcdef&x=1", "abcdef"),
    ],
)
def test_credentials_in_headers_and_urls_are_masked(text: str, hidden: str) -> None:
    assert hidden not in scrub(text)


@pytest.mark.parametrize("text", ["ask-me-anything", "http://gpu:8000/v1", "risk-free-investment", "14:30 a@b.c"])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert scrub(text) == text
