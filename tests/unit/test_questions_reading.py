"""Reading good question files, and refusing what is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import UserError
from app.domain.questions import Question
from app.domain.searching import Target
from app.services.questions.reading import MOST_QUESTIONS
from app.services.questions.rows import Questions
from app.services.questions.writing import written
from tests.unit.question_files import read, with_part, workbook

WANTED = (
    Question("1", "How many days?", "Fifteen.", (Target("handbook.md", 3),), "leave", "en"),
    Question("휴가", "며칠인가요?", "15일", (Target("사규.md", 2), Target("faq.md")), "leave", "ko", wants_json=True),
)
TABLE = [
    ["id", "question", "reference answer", "document", "page", "category", "language", "json"],
    ["1", "How many days?", "Fifteen.", "handbook.md", "3", "leave", "English", ""],
    ["휴가", "며칠인가요?", "15일", "사규.md|faq.md", "2|", "leave", "한국어", "예"],
]


def table(separator: str, heading: str | None = None) -> str:
    lines = [separator.join(row) for row in TABLE]
    return "\n".join([heading or lines[0], *lines[1:]]) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_however_it_is_separated(separator: str) -> None:
    reading = read(table(separator))
    assert reading.questions == WANTED and reading.good and reading.counting == "line"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_csv_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    assert read(table(",").encode(encoding)).questions == WANTED


@pytest.mark.parametrize(
    "heading",
    [
        "번호,질문,정답,문서,쪽,분류,언어,json",
        "ID , Query,Ground-Truth,FILE,Pages,Topic,lang,is_json",
        "no.,Prompt,expected_answer,source,page,type,locale,JSON",
        "\ufeffid,input,output,filename,페이지,카테고리,LANGUAGE,wants json",
    ],
)
def test_columns_go_by_many_names_in_english_and_korean(heading: str) -> None:
    assert read(table(",", heading)).questions == WANTED


def test_excels_own_line_about_the_separator_is_understood() -> None:
    assert read("sep=;\n" + table(";")).questions == WANTED


def test_titles_above_the_heading_are_passed_over() -> None:
    assert read("FAQ of 2026\n\n" + table(",")).questions == WANTED


def test_a_sheet_is_read_with_numbers_as_they_are_shown() -> None:
    rows = [TABLE[0], [1.0, *TABLE[1][1:4], 3.0, *TABLE[1][5:]], TABLE[2]]
    reading = read(workbook(rows, others=[("Notes", [["nothing here"]])]), "set.xlsx")
    assert reading.questions == WANTED
    assert reading.sheets == ("Questions", "Notes") and reading.counting == "row"


def test_another_sheet_is_read_when_it_is_named() -> None:
    data = workbook(TABLE, others=[("다른", [["질문"], ["누가?"]])])
    assert [q.text for q in read(data, "set.xlsx", sheet="다른").questions] == ["누가?"]
    with pytest.raises(UserError, match=r"There is no sheet “Third”\. Choose one of 다른, Questions"):
        read(data, "set.xlsx", sheet="Third")


def test_cells_merged_downwards_hold_for_every_row() -> None:
    rows = [["category", "question", "document"], ["leave", "How many?", "a.md"], [None, None, "b.md"], [None, "When?"]]
    reading = read(workbook(rows, merge=["A2:A4", "B2:B3"]), "set.xlsx")
    assert [(q.text, q.category) for q in reading.questions] == [("How many?", "leave"), ("When?", "leave")]
    assert reading.questions[0].targets == (Target("a.md"), Target("b.md"))


def test_json_lines_and_lists_say_the_same() -> None:
    lines = written(WANTED, "jsonl")
    assert read(lines, "set.jsonl").questions == WANTED
    assert read("[" + ",".join(lines.splitlines()) + "]", "set.json").questions == WANTED
    assert read('{"questions": [' + ",".join(lines.splitlines()) + "]}", "set.json").questions == WANTED


PROMPTFOO = """\
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Leave
prompts: ['{{question}}']
providers: [openai:gpt-5.4-mini]
defaultTest:
  metadata: {language: en}
  assert: [{type: latency, threshold: 3000}]
tests:
  - description: first days
    vars:
      question: How many days?
    assert:
      - type: contains
        value: '15'
      - &full
        type: equals
        value: Fifteen.
    metadata: {category: leave, document: handbook.md, page: 3}
  - vars: {input: 'Is it 007 or no?', language: no}
    assert: [*full, {type: is-json}]
  - vars: {topic_text: 며칠인가요?}
    metadata: {language: ko, owner: mina}
    assert:
      - {type: not-contains, value: 20}
      - {type: llm-rubric, value: Is polite}
      - {type: similar, value: 15일, threshold: 0.8}
"""


def test_tests_of_promptfoo_are_questions() -> None:
    reading = read(PROMPTFOO, "promptfooconfig.yaml")
    assert reading.questions == (
        Question("first days", "How many days?", "Fifteen.", (Target("handbook.md", 3),), "leave", "en"),
        Question("2", "Is it 007 or no?", "Fifteen.", language="no", wants_json=True),
        Question("3", "며칠인가요?", "15일", language="ko"),
    )
    assert reading.unused == ("owner",)


def test_a_bare_list_of_tests_is_read_with_its_lines() -> None:
    reading = read("- vars: {question: When?}\n\n- vars: 3\n- Who?\n- {question: Why?, id: 007}\n", "tests.yml")
    assert [(q.key, q.text) for q in reading.questions] == [("1", "When?"), ("2", "Who?"), ("007", "Why?")]
    assert [p.row for p in reading.problems] == [3]


def test_promptfoos_csv_says_what_is_expected() -> None:
    text = (
        "question,__expected1,__expected2,__metadata:category\n"
        "Capital?,contains: Paris,is-json,geo\n2+2?,4,,math\nPolite?,llm-rubric: is polite,,\n"
    )
    found = [(q.text, q.reference, q.category, q.wants_json) for q in read(text).questions]
    assert found == [("Capital?", "Paris", "geo", True), ("2+2?", "4", "math", False), ("Polite?", "", "", False)]


def test_a_list_of_questions_needs_no_heading() -> None:
    assert [q.text for q in read("When, where?\n누가?\n", "list.txt").questions] == ["When, where?", "누가?"]
    assert [q.text for q in read("When?\n누가?\n").questions] == ["When?", "누가?"]


def test_rows_with_the_same_question_add_documents() -> None:
    reading = read('question,document,page\nWhen?,a.pdf,"3, 5-6"\nWhen?,b.pdf,\nWhen?,a.pdf,3\n')
    pages = [Target("a.pdf", n) for n in (3, 5, 6)]
    assert reading.questions[0].targets == (*pages, Target("b.pdf"))
    assert [p.row for p in reading.problems] == [4]


def test_pages_are_read_as_people_write_them() -> None:
    text = "question,document,page\n1?,a,p. 3\n2?,a,3쪽\n3?,a,3.0\n4?,a,３\n5?,a,pp. 3\n"
    assert [q.targets for q in read(text).questions] == [(Target("a", 3),)] * 5


def test_a_category_keeps_its_first_spelling() -> None:
    assert [q.category for q in read("question,category\n1?,FAQ\n2?,faq\n3?, Faq \n").questions] == ["FAQ"] * 3


def test_languages_are_tags_whatever_they_were_called() -> None:
    names = ["ko", "KR", "Korean", "한국어", "pt_br", "zh-hant", "deutsch", "日本語", "일본어", ""]
    text = "question,language\n" + "".join(f"{n}?,{name}\n" for n, name in enumerate(names))
    assert [q.language for q in read(text).questions] == [*["ko"] * 4, "pt-BR", "zh-Hant", "de", "ja", "ja", ""]


def test_what_no_model_can_take_is_left_out_and_counted() -> None:
    reading = read('{"question": "When\\u0000 is \\ud800it?"}', "set.jsonl")
    assert reading.questions[0].text == "When is it?" and reading.dropped == 2


def test_columns_that_say_nothing_are_named() -> None:
    assert read("question,owner,text\nWhen?,mina,x\n").unused == ("owner", "text")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("set.csv", b"", "no question in set.csv"),
        ("set.csv", b"question,document\n", "no question in set.csv"),
        ("set.csv", b"name,age\nMina,3\n", "No column is called question; the first row has “name”, “age”"),
        ("set.csv", b"%PDF-1.7\n\x00\x01\x02\x03\xff\xfe\x00\x80", "set.csv is not text"),
        ("set.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel file of before 2007"),
        ("set.xlsx", b"PK\x03\x04 cut off", "damaged or cut off"),
        ("set.xlsx", workbook([["name"], ["Mina"]]), "No column is called question"),
        ("set.json", b'[{"question": "When?"', "Line 1 is not JSON"),
        ("set.yaml", b"tests: file://tests.yaml", "The tests are in another file"),
        ("set.yaml", b"prompts: [a]", "no list of tests"),
        ("set.yaml", b"- vars: {question: 'When?", "is not YAML"),
        ("set.yaml", b"- vars: *nobody", "not YAML|nothing is called"),
        ("set.yaml", b"[" * 200_000, "nested more than 40 deep"),
        ("set.csv", b"question\n" + b"x" * 10_000_000, "larger than 10 MB"),
    ],
)
def test_a_file_that_holds_no_questions_is_refused_with_the_way_out(name: str, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(data, name)


def test_a_workbook_that_would_fill_the_memory_is_not_opened() -> None:
    bomb = with_part(workbook(TABLE), "xl/worksheets/sheet9.xml", b"0" * 40_000_000)
    with pytest.raises(UserError, match="Unpacked it would take 40 MB"):
        read(bomb, "set.xlsx")


def test_aliases_of_yaml_are_never_copied_out() -> None:
    bomb = "a0: &a0 [lol, lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    began = time.monotonic()
    reading = read(bomb + "tests: [{vars: {question: *a29}}, {vars: {question: When?}, metadata: *a29}]\n", "set.yaml")
    assert not reading.questions and len(reading.problems) == 2
    assert time.monotonic() - began < 5


def test_merging_without_end_is_refused() -> None:
    levels = "".join(f"- &a{n} {{{n}k: v, <<: [{', '.join([f'*a{n - 1}'] * 300)}]}}\n" for n in range(1, 30))
    keys = ", ".join(f"k{n}: v" for n in range(300))
    with pytest.raises(UserError, match="too much is merged"):
        read(f"- &a0 {{{keys}}}\n" + levels, "set.yaml")


def test_a_set_has_an_upper_bound() -> None:
    rows = "".join(f"{n}?\n" for n in range(MOST_QUESTIONS + 1))
    with pytest.raises(UserError, match="more than 20,000 questions"):
        read("question\n" + rows)
    assert len(read("question\n" + rows[: rows.rindex(f"{MOST_QUESTIONS}?")]).questions) == MOST_QUESTIONS


_text = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
_name = _text.map(lambda s: " ".join(s.split()).replace("\\", "/")).filter(bool)


@given(
    st.lists(
        st.tuples(_text, _text, st.lists(st.tuples(_name, st.none() | st.integers(1, 999)), max_size=3), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_exported_is_imported_unchanged(
    rows: list[tuple[str, str, list[tuple[str, int | None]], bool]],
) -> None:
    from app.services.questions.columns import Raw

    made = Questions()
    for n, (text, reference, targets, wants) in enumerate(rows, start=1):
        listed = [{"document": document, "page": page} for document, page in targets]
        fields = {"key": str(n), "question": text, "reference": reference, "targets": listed, "wants_json": wants}
        made.add(Raw(n, fields))
    questions = made.all()
    if questions:
        assert read(written(questions, "jsonl"), "set.jsonl").questions == questions
        assert read(written(questions, "csv"), "set.csv").questions == questions
