"""`python -m app compare`."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.commands import ROOT, Commands
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer

BOTH = ("--model", "openai:answer", "--model", "ollama:echo")
ISSUE_KEYS = (
    "model",
    "status",
    "finish",
    "text",
    "thinking",
    "usage",
    "timing",
    "cost_usd",
    "sent",
    "not_sent",
    "error",
)


def test_the_json_is_as_documented(online: Commands) -> None:
    result = online("compare", *BOTH, "--prompt", "When does Busan open?", "--temperature", "0.3", "--json")
    assert result.code == 0, result.err
    data = result.json
    assert data["prompt"] == "When does Busan open?"
    assert data["evidence"] == {  # type: ignore[index]
        "digest": data["evidence"]["digest"],  # type: ignore[index]
        "retrieval": None,
        "passages": [],
    }
    first, second = result.answers
    assert (first["model"], second["model"]) == ("openai:answer", "ollama:echo")
    for answer in (first, second):
        assert set(ISSUE_KEYS) <= set(answer)
        assert answer["status"] == "done" and answer["finish"] == "stop" and answer["error"] is None
        assert set(answer["timing"]) == {"queued", "load", "first_token", "prefill", "decode", "total"}  # type: ignore[call-overload]
        assert {"input", "cached_input", "output", "reasoning", "source"} <= set(answer["usage"])  # type: ignore[call-overload]
    assert second["cost_usd"] == "0" and first["cost_usd"] is None


def shape(value: object) -> object:
    """The names in a JSON value, without what they hold where the names are free."""
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, dict):
        free = {"sampling", "sent", "not_sent", "notices", "error", "retrieval"}
        return {name: None if name in free else shape(item) for name, item in value.items()}
    return None


def test_the_documented_object_has_the_fields_that_are_printed(online: Commands, tmp_path: Path) -> None:
    example, *_ = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "handbook.txt"
    file.write_text("Refunds take ten working days.")
    result = online("compare", "-m", "ollama:answer", "--context", str(file), "--prompt", "How long?", "--json")
    assert shape(result.json) == shape(json.loads(example))


def test_answers_stand_in_the_order_asked(online: Commands) -> None:
    models = ["ollama:echo", "openai:answer", "builtin:lead", "openai:echo"]
    result = online("compare", *(f"--model={m}" for m in models), "--prompt", "Why?", "--json")
    assert [a["model"] for a in result.answers] == models


def test_the_result_for_people_names_models_and_shows_answers(online: Commands) -> None:
    result = online("compare", *BOTH, "--prompt", "부산은 언제 여나요?")
    assert result.code == 0, result.err
    assert "The Busan office opens at 9:30 [1]." in result.out
    assert "부산은 언제 여나요?" in result.out
    assert "openai:answer" in result.out and "unpriced" in result.out
    assert "python -m app rate" in result.err


def test_context_becomes_numbered_evidence(online: Commands, openai_server: OpenAIServer, tmp_path: Path) -> None:
    file = tmp_path / "handbook.txt"
    file.write_text("환불은 10일 걸립니다.\n\nShipping is free.", encoding="utf-8")
    result = online("compare", "-m", "openai:echo", "--context", str(file), "--prompt", "환불?", "--json")
    passages = result.json["evidence"]["passages"]  # type: ignore[index]
    assert passages[0]["document"] == "handbook.txt" and "환불은 10일" in passages[0]["text"]
    assert '<source id="1" document="handbook.txt"' in json.dumps(
        openai_server.bodies("echo"), ensure_ascii=False
    ).replace('\\"', '"')


def test_a_failed_answer_says_why_and_how_to_mend_it(online: Commands) -> None:
    result = online("compare", "-m", "ollama:nobody-has-this", "-m", "openai:answer", "--prompt", "Why?", "--json")
    assert result.code == 1
    failed, done = result.answers
    assert failed["status"] == "failed" and done["status"] == "done"
    error = failed["error"]
    assert isinstance(error, dict) and error["kind"] == "unknown_model" and "ollama pull" in error["remedy"]


def test_no_key_is_said_with_the_variable(commands: Commands) -> None:
    commands.variables["OPENAI_BASE_URL"] = ""
    result = commands("compare", "-m", "openai:gpt-5.4-mini", "--prompt", "Why?")
    assert result.code == 1
    assert "OPENAI_API_KEY" in result.out


def test_a_broken_price_file_is_said_beside_the_answers(online: Commands) -> None:
    online.home.mkdir(exist_ok=True)
    (online.home / "prices.toml").write_text("this is = not toml", encoding="utf-8")
    result = online("compare", *BOTH, "--prompt", "Why?", "--json")
    assert result.code == 0 and "is not valid TOML" in result.err


def test_a_field_that_a_model_does_not_take_is_listed(online: Commands) -> None:
    result = online("compare", "-m", "openai:gpt-4.1-mini", "--top-k", "20", "--prompt", "Why?", "--json")
    assert "top_k" in result.answers[0]["not_sent"]  # type: ignore[operator]


def test_one_contestant_can_have_values_of_its_own(online: Commands, openai_server: OpenAIServer) -> None:
    twice = ("-m", "openai:answer", "-m", "openai:answer", "--temperature", "0.3", "--set", "2:temperature=0.9")
    result = online("compare", *twice, "--prompt", "Why?", "--json")
    assert [a["sampling"] for a in result.answers] == [{"temperature": 0.3}, {"temperature": 0.9}]
    assert sorted(b["temperature"] for b in openai_server.bodies("answer")) == [0.3, 0.9]  # type: ignore[type-var]


def test_a_follow_up_goes_on_with_the_conversation(online: Commands, openai_server: OpenAIServer) -> None:
    first = online("compare", "-m", "openai:answer", "--prompt", "First?", "--json")
    second = online("compare", "-m", "openai:answer", "--prompt", "Second?", "--after", str(first.json["id"]), "--json")
    assert second.json["turn"] == 1
    roles = [m["role"] for m in openai_server.bodies("answer")[-1]["messages"]]  # type: ignore[attr-defined, union-attr]
    assert roles == ["user", "assistant", "user"]


def test_blind_hides_who_is_who_until_the_vote(online: Commands) -> None:
    asked = online("compare", *BOTH, "--prompt", "Why?", "--blind", "--json")
    assert asked.json["hidden"] is True
    text = asked.out + asked.err + online("show", str(asked.json["id"])).out
    assert not any(name in text for name in ("openai:", "ollama:", "unpriced"))
    rated = online("rate", str(asked.json["id"]), "left", "--by", "Minji")
    assert rated.code == 0 and "ollama:echo" in rated.out


def test_models_that_fail_give_themselves_not_away_in_a_blind_comparison(online: Commands) -> None:
    result = online("compare", "-m", "ollama:nobody-has-this", "-m", "openai:answer", "--prompt", "Why?", "--blind")
    assert "[1]" in result.out and "[2]" in result.out
    assert not any(name in result.out + result.err for name in ("ollama", "openai", "nobody"))


def test_a_model_that_loads_gives_itself_not_away_in_a_blind_comparison(
    online: Commands, ollama_server: OllamaServer
) -> None:
    models = ("-m", "ollama:slow-load", "-m", "openai:answer")
    assert "slow-load was not in memory" in online("compare", *models, "--prompt", "Why?").err
    ollama_server.loaded.clear()
    result = online("compare", *models, "--prompt", "Why?", "--blind")
    assert "[1]" in result.err
    assert not any(name in result.out + result.err for name in ("slow-load", "Ollama", "in memory"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt", "Why?"], "--model"),
        (["--model", "openai:answer"], "--prompt"),
        (["--model", "gpt-4", "--prompt", "Why?"], "provider:name"),
        (["--model", "openai:answer", "--prompt", "  "], "empty"),
        (["--model", "openai:answer", "--prompt", "Why?", "--temperature", "hot"], "--temperature"),
        (["--model", "openai:answer", "--prompt", "Why?", "--temperature", "nan"], "temperature"),
        (["--model", "openai:answer", "--prompt", "Why?", "--top-p", "1.5"], "top_p"),
        (["--model", "openai:answer", "--prompt", "Why?", "--reasoning", "deep"], "deep"),
        (["--model", "openai:answer", "--prompt", "Why?", "--set", "2:temperature=1"], "--set"),
        (["--model", "openai:answer", "--prompt", "Why?", "--set", "1:warmth=1"], "warmth"),
        (["--model", "openai:answer", "--prompt", "Why?", "--preset", "spicy"], "spicy"),
        (["--model", "openai:answer", "--prompt", "Why?", "--context", "/no/such/file"], "/no/such/file"),
        (["--model", "openai:answer", "--prompt", "Why?", "--after", "nothing"], "nothing"),
        (["--model", "openai:answer", "--prompt", "Why?", "--blind"], "two"),
        ([f"--model=openai:answer{n}" for n in range(5)] + ["--prompt", "Why?"], "4"),
    ],
)
def test_wrong_usage_is_said_in_a_line_with_exit_code_2(online: Commands, arguments: list[str], said: str) -> None:
    result = online("compare", *arguments)
    assert result.code == 2
    assert said in result.err and "Traceback" not in result.err
    assert result.out == ""


def test_a_prompt_comes_from_a_pipe(online: Commands) -> None:
    code, out, err = online.process(
        "compare", "-m", "openai:echo", "--prompt", "-", "--json", stdin="한글 질문\r\n둘째 줄".encode()
    )
    assert code == 0, err
    assert json.loads(out)["prompt"] == "한글 질문\n둘째 줄"


def test_escape_sequences_of_a_model_do_not_reach_the_terminal(online: Commands) -> None:
    result = online("compare", "-m", "openai:echo", "--prompt", "a\x1b]0;owned\x07b")
    assert "\x1b" not in result.out and "\x07" not in result.out
    assert "ontrol characters" in result.out


def test_korean_survives_a_latin_1_terminal(online: Commands) -> None:
    arguments = ("compare", "-m", "ollama:korean", "--prompt", "언제?")
    code, out, err = online.process(*arguments, PYTHONIOENCODING="latin-1", LC_ALL="C")
    assert code == 0, err
    assert b"Traceback" not in err
    code, out, err = online.process(*arguments, "--json", PYTHONIOENCODING="latin-1", LC_ALL="C")
    assert "부산" in json.loads(out)["answers"][0]["text"]


def test_a_pipe_gets_utf_8_whatever_the_locale(online: Commands) -> None:
    code, out, err = online.process(
        "compare", "-m", "ollama:korean", "--prompt", "언제?", LC_ALL="POSIX", PYTHONUTF8="0"
    )
    assert code == 0, err
    assert "부산" in out.decode("utf-8")


def text_so_far(home: Path) -> str:
    """What the database holds of the one answer; empty before there is any."""
    try:
        with closing(sqlite3.connect(f"{(home / 'understudy.db').as_uri()}?mode=ro", uri=True)) as database:
            return str((database.execute("SELECT text FROM answers").fetchone() or [""])[0])
    except sqlite3.OperationalError:  # not made yet
        return ""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_upstream_and_keeps_what_arrived(online: Commands, openai_server: OpenAIServer) -> None:
    child = online.popen("compare", "-m", "openai:steady-50tps-10s", "--prompt", "Why?", "--json")
    until = time.monotonic() + 30
    while not text_so_far(online.home).startswith("w0 w1") and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=15)
    assert child.returncode == 130, err
    answer = json.loads(out)["answers"][0]
    assert answer["status"] == "cancelled" and answer["text"].startswith("w0 w1")
    assert openai_server.hung_up("steady-50tps-10s", within=2)
    assert b"Traceback" not in err
    shown = online("show", json.loads(out)["id"], "--json")
    assert shown.answers[0]["text"] == answer["text"]
