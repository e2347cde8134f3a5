"""OLLAMA_HOST is read as the Ollama tools read it (the table of the Python client's `_parse_host`, and envconfig)."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.errors import UserError
from app.providers.ollama_host import parse_host


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("  ", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("1.2.3.4:56789", "http://1.2.3.4:56789"),
        ("http://1.2.3.4", "http://1.2.3.4:80"),
        ("https://1.2.3.4", "https://1.2.3.4:443"),
        ("HTTPS://1.2.3.4:56789", "https://1.2.3.4:56789"),
        ("example.com", "http://example.com:11434"),
        ("example.com/", "http://example.com:11434"),
        ("example.com:56789/path/", "http://example.com:56789/path"),
        ("https://example.com/path", "https://example.com:443/path"),
        ("ollama.com", "https://ollama.com:443"),
        ("[2001:db8::1]", "http://[2001:db8::1]:11434"),
        ("2001:db8::1", "http://[2001:db8::1]:11434"),
        ("[2001:db8::1]:56789/path", "http://[2001:db8::1]:56789/path"),
        ("https://[::1]", "https://[::1]:443"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://[::]:8000", "http://[::1]:8000"),
        ("[::]", "http://[::1]:11434"),
        ('"127.0.0.1:8000"', "http://127.0.0.1:8000"),
        (" 'box:8000' ", "http://box:8000"),
    ],
)
def test_a_host_becomes_an_address(text: str | None, url: str) -> None:
    assert parse_host(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "ftp://1.2.3.4",
        "host:port",
        "host:0",
        "host:65536",
        "host:99999999999999999999",
        "host:-1",
        "ho st",
        "http://[::1]x",
        "[not-an-address]:80",
        "a:b:c",
        "host?x=1",
        "host#x",
        "ho\x00st",
        "http://" + "x" * 70_000,
    ],
)
def test_a_malformed_host_is_for_the_person_to_fix(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_host(text)
    assert "OLLAMA_HOST" in str(caught.value.message)
    assert "127.0.0.1:11434" in str(caught.value.remedy)
    assert len(str(caught.value)) < 500


def test_a_password_in_the_host_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserError) as caught:
        parse_host("http://me:s3cret-word@box:11434")
    assert "s3cret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("localhost", True),
        ("127.0.0.5", True),
        ("[::1]", True),
        ("0.0.0.0", True),
        ("10.1.2.3:11434", True),
        ("192.168.0.4", True),
        ("100.64.3.2", True),
        ("http://[fd00::1]", True),
        ("8.8.8.8", False),
        ("[2606:4700::1111]", False),
        ("no-such-host.invalid", False),
    ],
)
def test_loopback_and_private_addresses_are_local(text: str, local: bool) -> None:
    assert asyncio.run(parse_host(text).is_local()) is local
