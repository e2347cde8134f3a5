"""The child process as its parent sees it; the child here is a script of a few lines."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.providers import gguf_process
from app.providers.gguf_process import ChildProcess, StartFailed

Make = Callable[[str], ChildProcess]

READY = "print(json.dumps({'address': 'http://127.0.0.1:1'}), flush=True); sys.stdin.read()"


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A child process that reads what it is told into `told` and then runs `body`."""

    def make(body: str) -> ChildProcess:
        script = tmp_path / "child.py"
        script.write_text(f"import json, os, sys, time\ntold = json.loads(sys.stdin.readline())\n{body}\n")
        monkeypatch.setattr(gguf_process, "SCRIPT", script)
        return ChildProcess(tmp_path / "some.gguf", window=512, slots=2)

    return make


def failure(process: ChildProcess) -> StartFailed:
    with pytest.raises(StartFailed) as caught:
        process.start()
    assert not process.alive
    return caught.value


def test_it_is_told_file_room_and_key_and_says_its_address(child: Make, tmp_path: Path) -> None:
    process = child(f"print(json.dumps(told), file=sys.stderr, flush=True); {READY}")
    process.start()
    assert process.alive and process.address == "http://127.0.0.1:1"
    process.close()
    assert process.wait(0) and not process.alive
    told = "".join(process._log)
    assert str(tmp_path / "some.gguf").replace("\\", "\\\\") in told
    assert process.key in told and '"window": 512' in told and '"slots": 2' in told


def test_each_child_has_a_key_of_its_own_and_shows_it_nowhere(child: Make) -> None:
    one, other = child(READY), child(READY)
    assert one.key != other.key and len(one.key) >= 32
    assert one.key not in repr(one)


def test_the_child_knows_no_key_of_ours(child: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-where-nobody-reads")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db/x")
    process = child(f"print(dict(os.environ), sys.argv, file=sys.stderr, flush=True); {READY}")
    process.start()
    process.close()
    seen = "".join(process._log)
    assert "PATH" in seen
    assert "planted" not in seen and "secret" not in seen and process.key not in seen


def test_a_load_that_fails_quotes_the_cause_from_the_log(child: Make) -> None:
    process = child(
        "print('0.00.1 E llama_model_load: error loading model: tensor x is out of bounds', file=sys.stderr)\n"
        "print('0.00.2 E srv init: exiting due to model loading error', file=sys.stderr)\n"
        "print(json.dumps({'kind': 'not_loaded', 'error': 'Failed to init server'}), flush=True)"
    )
    error = failure(process)
    assert error.failure == "not_loaded"
    assert error.detail == "tensor x is out of bounds"


def test_a_missing_package_is_told_apart(child: Make) -> None:
    error = failure(child("print(json.dumps({'kind': 'no_wheel', 'error': 'No module named xllamacpp'}), flush=True)"))
    assert error.failure == "no_wheel" and "xllamacpp" in error.detail


@pytest.mark.parametrize("body", ["sys.exit(1)", "print('no json', flush=True)", "print('[]', flush=True)"])
def test_a_child_that_ends_without_a_word_has_died(child: Make, body: str) -> None:
    assert failure(child(body)).failure == "died"


def test_a_flood_of_log_lines_does_not_block_it(child: Make) -> None:
    process = child(f"for n in range(20000): print('line', n, 'x' * 100, file=sys.stderr)\n{READY}")
    process.start()
    assert process.alive
    process.close()


def test_closing_while_it_loads_ends_the_load(child: Make) -> None:
    process = child("print('loading', file=sys.stderr, flush=True); time.sleep(600)")
    failures: list[StartFailed] = []

    def start() -> None:
        failures.append(failure(process))

    thread = threading.Thread(target=start)
    thread.start()
    while process.last_words() != "loading":
        assert thread.is_alive()
    process.close()
    thread.join(10)
    assert [f.failure for f in failures] == ["closed"]


def test_closing_before_the_start_prevents_it(child: Make) -> None:
    process = child(READY)
    process.close()
    assert failure(process).failure == "closed"
    assert process.pid is None


def test_closing_twice_does_no_harm(child: Make) -> None:
    process = child(READY)
    process.start()
    process.close()
    process.close()


def test_the_script_shadows_no_package(child: Make, tmp_path: Path) -> None:
    """Beside the real script lie modules named openai and gguf."""
    (tmp_path / "json_shadow.py").write_text("")
    process = child(
        "import importlib.util as u\n"
        "error = 'shadowed' if u.find_spec('json_shadow') else 'clean'\n"
        "print(json.dumps({'kind': 'not_loaded', 'error': error}), flush=True)"
    )
    assert failure(process).detail == "clean"


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX")
def test_ctrl_c_in_the_terminal_does_not_reach_it(child: Make) -> None:
    process = child(READY)
    process.start()
    assert process.pid is not None
    assert os.getsid(process.pid) != os.getsid(0)
    process.close()
