"""`models` and `doctor`."""

from __future__ import annotations

import json

from tests.integration.commands import KEY, Commands
from tests.servers.ollama_server import OllamaServer


def test_models_are_listed_with_what_the_server_says(online: Commands) -> None:
    result = online("models")
    assert result.code == 0, result.err
    assert "ollama:answer" in result.out and "98 MB" in result.out
    assert "openai:gpt-5-mini" in result.out and "2026-12-11" in result.out


def test_the_list_for_programs_is_an_array(online: Commands) -> None:
    models = json.loads(online("models", "list", "--provider", "ollama", "--json").out)
    assert all(m["model"].startswith("ollama:") for m in models)
    assert models[0].keys() >= {"model", "size", "quantization", "context_window", "retires", "local", "chat"}


def test_a_server_that_is_down_is_said_and_does_not_hide_the_others(
    commands: Commands, ollama_server: OllamaServer
) -> None:
    commands.variables["OLLAMA_HOST"] = ollama_server.address
    result = commands("models", "list")
    assert result.code == 0
    assert "ollama:answer" in result.out and "OPENAI_API_KEY" in result.err


def test_one_model_is_shown_with_what_it_takes_and_costs(online: Commands) -> None:
    shown = online("models", "show", "openai:gpt-5-mini", "--json").json
    assert shown["retires"] == "2026-12-11" and "temperature" in shown["refused"]  # type: ignore[operator]
    local = online("models", "show", "ollama:answer", "--json").json
    assert local["context_window"] == 8192


def test_a_name_without_provider_is_refused(online: Commands) -> None:
    result = online("models", "show", "gpt-5-mini")
    assert result.code == 2 and "provider:name" in result.err


def test_ollama_pulls_with_progress(online: Commands, ollama_server: OllamaServer) -> None:
    result = online("models", "get", "ollama:fresh-model")
    assert result.code == 0, result.err
    assert result.out.strip() == "ollama:fresh-model"
    assert any(r.path == "/api/pull" for r in ollama_server.requests)


def test_a_pull_that_fails_is_said(online: Commands) -> None:
    result = online("models", "get", "ollama:nope:1b")
    assert result.code == 1
    assert "Traceback" not in result.err and len(result.err.splitlines()) >= 2


def test_what_cannot_fetch_is_refused(online: Commands) -> None:
    assert online("models", "get", "openai:gpt-5-mini").code == 2
    assert online("models", "get", "nothing-of-that-name", "--yes").code == 2


def test_nothing_is_downloaded_unasked(commands: Commands) -> None:
    code, out, err = commands.process("models", "get", "smollm2")
    text = err.decode()
    assert code == 2 and out == b""
    assert "98 MB" in text and "Apache-2.0" in text and "--yes" in text
    assert not list(commands.home.rglob("*.gguf"))


def test_doctor_says_what_is_reachable_and_never_a_key(online: Commands) -> None:
    result = online("doctor", "--json")
    assert result.code == 0, result.err
    data = result.json
    ready = {p["provider"]: p["ready"] for p in data["providers"]}  # type: ignore[attr-defined, index]
    assert ready["openai"] and ready["ollama"] and ready["builtin"]
    assert {"variable": "OPENAI_API_KEY", "set": True} in data["keys"]  # type: ignore[operator]
    assert data["database"]["revision"] and data["prices"]["as_of"]  # type: ignore[index]
    assert KEY not in result.out + result.err + online("doctor").out


def test_doctor_fails_when_no_language_model_can_answer(commands: Commands) -> None:
    result = commands("doctor")
    assert result.code == 1
    assert "OPENAI_API_KEY" in result.out and "not set" in result.out
    assert "models get smollm2" in result.err


def test_doctor_knows_the_keys_of_endpoints(online: Commands) -> None:
    online.home.mkdir()
    (online.home / "endpoints.toml").write_text(
        '[team]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "TEAM_API_KEY"\n'
    )
    keys = online("doctor", "--json").json["keys"]
    assert {"variable": "TEAM_API_KEY", "set": False} in keys  # type: ignore[operator]


def test_a_malformed_endpoints_file_is_said_with_its_line(commands: Commands) -> None:
    commands.home.mkdir()
    (commands.home / "endpoints.toml").write_text("[team\n")
    result = commands("doctor")
    assert result.code == 2
    assert "endpoints.toml" in result.err and "line 1" in result.err and "Traceback" not in result.err


def test_a_malformed_price_file_does_not_stop_anything(online: Commands) -> None:
    online.home.mkdir()
    (online.home / "prices.toml").write_text("nonsense")
    result = online("doctor")
    assert result.code == 0 and "prices.toml" in result.out


def test_messages_come_in_korean(commands: Commands) -> None:
    result = commands("--lang", "ko", "doctor")
    assert result.code == 1
    assert any("가" <= c <= "힣" for c in result.out)
