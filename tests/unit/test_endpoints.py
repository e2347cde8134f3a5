"""endpoints.toml: what is read, and what is said about a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.providers.endpoints import Endpoint, is_private, load_endpoints


def write(folder: Path, text: str) -> Path:
    path = folder / "endpoints.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistake(folder: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        load_endpoints(write(folder, text))
    return str(caught.value)


def test_no_file_means_no_endpoints(tmp_path: Path) -> None:
    assert load_endpoints(tmp_path / "none.toml") == ()
    assert load_endpoints(None) == ()


def test_an_empty_file_means_no_endpoints(tmp_path: Path) -> None:
    assert load_endpoints(write(tmp_path, "# nothing yet\n")) == ()


def test_endpoints_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """
[vllm]
base_url = "http://gpu:8000/v1/"
api_key_env = "VLLM_API_KEY"

[gemini]
base_url = "https://generativelanguage.googleapis.com/v1beta/openai"
api_key_env = "GEMINI_API_KEY"
prices_as = "google"

[gateway]
base_url = "https://llm.example.com/v1"
local = true
"""
    assert load_endpoints(write(tmp_path, text)) == (
        Endpoint("vllm", "http://gpu:8000/v1", "VLLM_API_KEY", local=True),
        Endpoint(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "GEMINI_API_KEY",
            local=False,
            prices_as="google",
        ),
        Endpoint("gateway", "https://llm.example.com/v1", local=True),
    )


def test_a_file_written_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.toml"
    path.write_text('[a]\nbase_url = "http://h/v1"\n', encoding="utf-8-sig")
    assert [e.name for e in load_endpoints(path)] == ["a"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[vllm\nbase_url = "http://h/v1"', 1, "not TOML"),
        ("[vllm]\nbase_url = http://h/v1", 2, "not TOML"),
        ('[vllm]\nbase_url = "http://h/v1"\n\n[vllm]\nlocal = true', 4, "not TOML"),
        ('# a\n[vllm]\nbase_ulr = "http://h/v1"', 3, "Did you mean base_url?"),
        ('[vllm]\nbase_url = "http://h/v1"\ncolour = "red"', 3, "Known are: base_url"),
        ('[Big Server]\nbase_url = "http://h/v1"', 1, "not TOML"),
        ('["Big Server"]\nbase_url = "http://h/v1"', 1, "small letters"),
        ('[openai]\nbase_url = "http://h/v1"', 1, "built in"),
        ("[vllm]\nlocal = true", 1, "no base_url"),
        ('[vllm]\nbase_url = "gpu:8000"', 2, "no http address"),
        ('[vllm]\nbase_url = "http://h:99999/v1"', 2, "no http address"),
        ("[vllm]\nbase_url = 8000", 2, "quotes"),
        ('[vllm]\nbase_url = "http://h/v1"\nlocal = "yes"', 3, "true or false"),
        ('base_url = "http://h/v1"', 1, "outside of any block"),
        ('[vllm]\nbase_url = "http://me:pw@h/v1"', 2, "password"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_remedy(tmp_path: Path, text: str, line: int, words: str) -> None:
    said = mistake(tmp_path, text)
    assert "endpoints.toml" in said
    assert f"line {line}" in said
    assert words in said


@pytest.mark.parametrize("key", ["api_key", "key", "token", "API_KEY"])
def test_a_pasted_key_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    said = mistake(tmp_path, f'[vllm]\nbase_url = "http://h/v1"\n{key} = "sk-secret-0123456789"')
    assert "sk-secret" not in said
    assert 'api_key_env = "VLLM_API_KEY"' in said


@pytest.mark.parametrize("value", ["sk-secret-0123456789", "hf_secretsecretsecretsecret", "two words"])
def test_a_key_pasted_as_the_variables_name_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    said = mistake(tmp_path, f'[vllm]\nbase_url = "http://h/v1"\napi_key_env = "{value}"')
    assert value not in said
    assert "api_key_env" in said


def test_a_file_that_is_not_text_is_said_as_such(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        load_endpoints(path)


def test_a_folder_in_its_place_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_endpoints(tmp_path)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:1234/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.0.7/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://gpu:8000/v1", True),
        ("http://gpu.local/v1", True),
        ("http://host.docker.internal:8000/v1", True),
        ("https://api.openai.com/v1", False),
        ("https://8.8.8.8/v1", False),
        ("https://localhost.example.com/v1", False),
    ],
)
def test_a_private_address_counts_as_local(url: str, private: bool) -> None:
    assert is_private(url) is private
