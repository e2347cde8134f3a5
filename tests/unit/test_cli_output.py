"""What commands write is readable and harmless."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import output
from app.cli.inputs import decode
from app.cli.writing import write
from app.domain.errors import UserError
from app.domain.message import Message


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert output.printable("a\x1b[2Jb\x07\x9b\ud800c\n\td") == "a[2Jbc\n\td"


def test_hangul_counts_two_columns() -> None:
    assert output.width("가나a") == 5
    assert output.shorten("가나다라마", 6) == "가나…"


def test_columns_line_up_under_hangul(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(["모델", "n"], [["가", "1"], ["abcd", "20"]], right=(1,))
    lines = capsys.readouterr().out.splitlines()
    assert [output.width(line) for line in lines] == [8, 8, 8]


def test_messages_follow_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    output.speak(None)
    assert output.speech().language == "ko"
    output.speak("en")
    assert output.text(Message("The prompt is empty.")) == "The prompt is empty."


def test_json_is_escaped_where_the_stream_cannot_hold_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="replace")
    monkeypatch.setattr(sys, "stdout", narrow)
    output.emit_json({"text": "부산"})
    narrow.flush()
    assert json.loads(narrow.buffer.getvalue()) == {"text": "부산"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("raw", ["환불".encode(), "환불".encode("utf-8-sig")])
def test_text_is_read_as_utf_8_with_or_without_a_mark(raw: bytes) -> None:
    assert decode(raw, "stdin") == "환불"


def test_bytes_that_are_no_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "utf-8")
    with pytest.raises(UserError, match="UTF-8"):
        decode(b"\xff\xfe\x00", "stdin")


def test_text_in_the_systems_own_encoding_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "cp949")
    assert decode("환불".encode("cp949"), "stdin") == "환불"


def test_the_value_of_a_key_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-1234567890")
    assert "planted" not in output.hide("no: sk-planted-1234567890")


def test_a_file_that_breaks_off_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "판정.html"
    write(path, [b"whole"], option="-o")

    def pieces() -> Iterator[bytes]:
        yield b"ha"
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"No space left on device.*--record FILE"):
        write(path, pieces(), option="--record")
    assert path.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [path]
