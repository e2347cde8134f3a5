"""`questions`, and the exports to fine-tune with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.commands import Commands, Result
from tests.integration.test_cli_records import ask

GOOD = "id,질문,정답,문서,쪽,분류\n1,연차는 며칠인가요?,15일,사규.md,3,휴가\n2,언제 여나요?,9시,사규.md,,근무\n"
BAD = GOOD + "3,,없음,,,\n1,누가?,,,,\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "사내 FAQ.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def questions(result: Result) -> list[dict[str, object]]:
    found = result.json["questions"]
    assert result.code == 0 and isinstance(found, list)
    return found


def test_a_file_becomes_a_set_by_its_name_and_comes_back(commands: Commands, file: Path, tmp_path: Path) -> None:
    imported = commands("questions", "import", str(file))
    assert imported.code == 0 and imported.out == "사내 FAQ v1\n"
    shown = questions(commands("questions", "show", "사내 FAQ", "--json"))
    assert shown[0] == {
        "id": "1",
        "question": "연차는 며칠인가요?",
        "reference": "15일",
        "targets": [{"document": "사규.md", "page": 3}],
        "category": "휴가",
        "language": "",
        "json": False,
    }
    again = tmp_path / "again.csv"
    assert commands("questions", "export", "사내 FAQ", "-o", str(again)).code == 0
    assert commands("questions", "import", str(again), "--name", "사내 FAQ").out == "사내 FAQ v1\n"


def test_nothing_is_stored_while_rows_are_refused(commands: Commands, file: Path) -> None:
    file.write_text(BAD, encoding="utf-8")
    refused = commands("questions", "import", str(file), "--name", "faq")
    assert refused.code == 1 and refused.out == ""
    assert "Line 4: It has no question." in refused.err and "Line 5: The id “1” is that of row 2" in refused.err
    assert commands("questions", "list", "--json").json == {"sets": []}
    told = commands("questions", "import", str(file), "--name", "faq", "--json")
    rows = told.json["refused"]
    assert told.code == 1 and told.json["set"] is None and told.json["good"] == 2
    assert isinstance(rows, list) and [row["row"] for row in rows] == [4, 5]


def test_the_good_rows_are_stored_when_that_is_wanted(commands: Commands, file: Path) -> None:
    file.write_text(BAD, encoding="utf-8")
    assert commands("questions", "import", str(file), "--name", "faq", "--only-good").out == "faq v1\n"
    assert len(questions(commands("questions", "show", "faq", "--json"))) == 2


def test_a_changed_file_is_a_new_version_and_the_old_one_can_be_shown(commands: Commands, file: Path) -> None:
    commands("questions", "import", str(file), "--name", "faq")
    file.write_text(GOOD + "3,누가?,,,,\n", encoding="utf-8")
    assert commands("questions", "import", str(file), "--name", "FAQ").out == "faq v2\n"
    assert len(questions(commands("questions", "show", "faq", "--version", "1", "--json"))) == 2
    assert "누가?" in commands("questions", "show", "faq").out


def test_questions_come_through_a_pipe(commands: Commands) -> None:
    code, out, err = commands.process("questions", "import", "-", "--name", "관", stdin=GOOD.encode("cp949"))
    assert (code, out.decode()) == (0, "관 v1\n"), err


def test_the_sample_sets_are_at_hand_in_both_languages(commands: Commands) -> None:
    for language, name in (("en", "Sample questions"), ("ko", "예시 질문")):
        assert commands("questions", "sample", "--language", language).out == f"{name} v1\n"
        found = questions(commands("questions", "show", name, "--json"))
        assert 20 <= len(found) <= 30 and all(q["reference"] and q["targets"] for q in found)
        assert {q["language"] for q in found} == {language} and 3 <= len({q["category"] for q in found}) <= 4
    assert "예시 질문" in commands("questions").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nobody"],
        ["import", "nowhere.csv"],
        ["export", "nobody"],
        ["export", "x", "--format", "pdf"],
    ],
)
def test_what_is_not_there_is_wrong_usage(commands: Commands, arguments: list[str]) -> None:
    assert commands("questions", *arguments).code == 2


def test_a_vote_is_exported_for_dpo_and_as_an_instruction(online: Commands, tmp_path: Path) -> None:
    context = tmp_path / "사규.md"
    context.write_text("연차는 15일이다.", encoding="utf-8")
    asked = ask(online, "-m", "openai:answer", "-m", "openai:echo", "--context", str(context), prompt="며칠?")
    online("rate", asked, "right", "--by", "a")
    pairs = online("export", "--format", "dpo")
    pair = json.loads(pairs.out)
    assert set(pair) == {"prompt", "chosen", "rejected"} and "Lines: 1" in pairs.err
    assert [m["role"] for m in pair["prompt"]] == ["user"] and "연차는 15일이다." in pair["prompt"][0]["content"]
    assert [m["role"] for m in pair["chosen"] + pair["rejected"]] == ["assistant", "assistant"]
    accepted = online("export", "ratings", "--format", "alpaca")
    line = json.loads(accepted.out)
    assert line["instruction"] == "며칠?" and line["input"] == "[1] 사규.md\n연차는 15일이다."
    assert line["output"] == pair["chosen"][0]["content"] and "Left out: 1 (not accepted)" in accepted.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["comparisons", "--format", "dpo"],
        ["ratings", "--batch", "x"],
        ["--format", "dpo", "--batch", "nobody"],
    ],
)
def test_an_export_that_makes_no_sense_is_wrong_usage(commands: Commands, arguments: list[str]) -> None:
    result = commands("export", *arguments)
    assert result.code == 2 and result.out == "" and result.err
