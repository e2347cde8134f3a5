"""A question file with fifty kinds of broken rows: each costs its own row, and says what to do about it.

Every file here has a good row before the broken one and a good row behind it.
"""

from __future__ import annotations

import datetime
import json
import unicodedata

import pytest

from tests.unit.question_files import read, workbook

HEADING = "id,question,reference,document,page,category,language,json\n"
BEFORE, AFTER = "q-first,How many days of leave?,15,,,,,\n", "q-last,연차는 며칠인가요?,15일,,,,,\n"

# (row of CSV, what is said)
CSV_ROWS = {
    "no question": ("x,,Fifteen.,a.md,,,,", "It has no question"),
    "only blanks": ("x,  \u3000 ,Fifteen.,,,,,", "It has no question"),
    "only control characters": ("x,\x00\x01\x02,Fifteen.,,,,,", "It has no question"),
    "only a zero page": ("x,When?,,a.md,0,,,", "“0” is not a page"),
    "a page below zero": ("x,When?,,a.md,-1,,,", "“-1” is not a page"),
    "a page of a billion": ("x,When?,,a.md,1e9,,,", "“1e9” is not a page"),
    "a page with eleven digits": ("x,When?,,a.md,10000000000,,,", "is not a page"),
    "a page in words": ("x,When?,,a.md,three,,,", "“three” is not a page"),
    "half a page": ("x,When?,,a.md,3.5,,,", "“3.5” is not a page"),
    "pages that run backwards": ("x,When?,,a.md,9-3,,,", "“9-3” is not a page"),
    "a range of a thousand pages": ("x,When?,,a.md,1-1000,,,", "“1-1000” is not a page"),
    "a page and no document": ("x,When?,,,3,,,", "a page and no document"),
    "more documents than pages": ('x,When?,,a.md|b.md|c.md,"3|4",,,', "3 documents and the pages of 2"),
    "too many documents": (f"x,When?,,{'|'.join(f'{n}.md' for n in range(60))},,,,", "60 documents and pages"),
    "a document with too long a name": (f"x,When?,,{'d' * 301},,,,", "The document has 301 characters"),
    "a language that is none": ("x,When?,,,,,klingonesisch,", "“klingonesisch” is no language"),
    "a language code that is none": ("x,When?,,,,,qq,", "“qq” is no language"),
    "a language with a sentence": ("x,When?,,,,,mostly English,", "is no language"),
    "an id that was there before": ("q-first,When?,,,,,,", "The id “q-first” is that of row 2"),
    "an id that was there in another form": ("q-first ,When?,,,,,,", "The id “q-first” is that of row 2"),
    "an id that is a text": (f"{'i' * 81},When?,,,,,,", "The id has 81 characters"),
    "the same question again": ("x,How many days of leave?,15,,,,,", "It asks the same as row 2"),
    "the same question with other blanks": ("x,How  many\tdays of leave?,,,,,,", "It asks the same as row 2"),
    "the same question answered differently": ("x,How many days of leave?,20,,,,,", "It asks the same as row 2"),
    "a question that is too long": (f"x,{'long ' * 20_001},,,,,,", "The question has 100,004 characters"),
    "an answer that is too long": (f"x,When?,{'a' * 100_001},,,,,", "The reference answer has 100,001 characters"),
    "a cell that no reader takes": (f"x,{'q' * 140_000},,,,,,", "characters"),
    "a category that is a text": (f"x,When?,,,,{'c' * 81},,", "The category has 81 characters"),
    "neither JSON nor not": ("x,When?,,,,,,perhaps", "does not say whether JSON is wanted"),
    "a comma without quotation marks": ("x,When, where and how?,,a.md,,leave,en,no", "It has 9 cells, the heading 8"),
    "text behind a quotation mark": ('x,"When" exactly?,,,,,,', "ends in the middle of a cell"),
    "a quotation mark that is never closed": ('x,"When?,,,,,,', "A quotation mark"),
    "bytes of another encoding": (b"x,caf\xe9?,,,,,,", "bytes that are not UTF-8"),
}

# (line of JSONL, what is said)
JSON_LINES = {
    "not JSON": ('{"question": "When?"', "It is not JSON"),
    "two objects in a line": ('{"question": "When?"} {"question": "Who?"}', "It is not JSON"),
    "a number": ("42", "It is not an object with a question"),
    "nothing": ("null", "It is not an object with a question"),
    "a list": ('["When?", "Who?"]', "It is not an object with a question"),
    "no question": ('{"reference": "Fifteen."}', "It has no question"),
    "null for a question": ('{"question": null}', "It has no question"),
    "a question that is a list": ('{"question": ["When?", "Who?"]}', "The question is a list or an object"),
    "a question that is an object": ('{"question": {"en": "When?"}}', "The question is a list or an object"),
    "a question that is a truth value": ('{"question": true}', "The question is not text: True"),
    "an answer that is a list": ('{"question": "When?", "reference": ["1", "2"]}', "reference answer is a list"),
    "an id that is an object": ('{"question": "When?", "id": {}}', "The id is a list or an object"),
    "targets that are no list": ('{"question": "When?", "targets": 3}', "`targets` is not a list"),
    "a target without a document": ('{"question": "When?", "targets": [{"page": 3}]}', "names no document"),
    "an empty target": ('{"question": "When?", "targets": [""]}', "names no document"),
    "a target with a bad page": ('{"question": "When?", "targets": [{"document": "a", "page": 0}]}', "not a page"),
    "a page that is a list of words": ('{"question": "When?", "document": "a", "page": ["x"]}', "“x” is not a page"),
    "a lone surrogate alone": ('{"question": "\\ud83d"}', "It has no question"),
    "a number without end": ('{"question": "When?", "id": 1' + "0" * 4_400 + "}", "It is not JSON"),
    "nesting without end": ("[" * 100_000, "It is not JSON"),
    "variables in a list": ('{"vars": ["When?"]}', "`vars` is not a list of names"),
    "a variable with several values": ('{"vars": {"question": ["When?", "Who?"]}}', "promptfoo makes several tests"),
    "no variable that is the question": ('{"vars": {"first": "When?", "second": "Who?"}}', "None of its variables"),
    "a question in a file": ('{"vars": {"question": "file://q.txt"}}', "in another file: file://q.txt"),
}

# (row of a sheet, what is said)
SHEET_ROWS = {
    "a formula without a result": (["x", "=CONCATENATE(A1,B1)", "", "", ""], "a formula whose result is not stored"),
    "a formula for an answer": (["x", "When?", "=1+1", "", ""], "a formula whose result is not stored"),
    "a spreadsheet error": (["x", "#REF!", "", "", ""], "a spreadsheet error: #REF!"),
    "a date for an id": ([datetime.date(2026, 1, 2), "When?", "", "", ""], "The id is a date: 2026-01-02"),
    "a date for a page": (["x", "When?", "", "a.md", datetime.date(2026, 3, 5)], "The page is a date: 2026-03-05"),
    "a date for a document": (["x", "When?", "", datetime.datetime(2026, 3, 5, 9, 30), 3], "The document is a date"),
    "a date for a question": (["x", datetime.date(2026, 1, 2), "", "", ""], "The question is not text"),
    "a truth value for a question": (["x", True, "", "", ""], "The question is not text"),
    "a truth value for a page": (["x", "When?", "", "a.md", True], "“true” is not a page"),
    "half a page": (["x", "When?", "", "a.md", 2.5], "“2.5” is not a page"),
    "an answer and no question": (["x", None, "Fifteen.", "", ""], "It has no question"),
}


def test_there_are_more_than_fifty_kinds() -> None:
    assert len(CSV_ROWS) + len(JSON_LINES) + len(SHEET_ROWS) > 50


@pytest.mark.parametrize("kind", CSV_ROWS)
def test_a_broken_row_of_csv_costs_that_row(kind: str) -> None:
    row, said = CSV_ROWS[kind]
    broken = row if isinstance(row, bytes) else row.encode()
    reading = read(HEADING.encode() + BEFORE.encode() + broken + b"\n" + AFTER.encode())
    assert [q.key for q in reading.questions] == ["q-first", "q-last"]
    (problem,) = reading.problems
    assert problem.row == 3 and said in str(problem.message) and str(problem.remedy)


@pytest.mark.parametrize("kind", JSON_LINES)
def test_a_broken_line_of_json_costs_that_line(kind: str) -> None:
    line, said = JSON_LINES[kind]
    good = [json.dumps({"id": key, "question": f"{key}?"}, ensure_ascii=False) for key in ("q-first", "질문-끝")]
    reading = read(f"{good[0]}\n{line}\n{good[1]}\n", "set.jsonl")
    assert [q.key for q in reading.questions] == ["q-first", "질문-끝"]
    (problem,) = reading.problems
    assert problem.row == 2 and said in str(problem.message) and str(problem.remedy)


@pytest.mark.parametrize("kind", SHEET_ROWS)
def test_a_broken_row_of_a_sheet_costs_that_row(kind: str) -> None:
    row, said = SHEET_ROWS[kind]
    heading = ["번호", "질문", "정답", "문서", "쪽"]
    reading = read(workbook([heading, ["q-first", "며칠?", "15일"], row, ["q-last", "누가?", None]]), "set.xlsx")
    assert [q.key for q in reading.questions] == ["q-first", "q-last"]
    (problem,) = reading.problems
    assert problem.row == 3 and said in str(problem.message) and str(problem.remedy)


def test_all_broken_rows_of_one_file_are_told_at_once() -> None:
    rows = [row for row, _ in CSV_ROWS.values() if isinstance(row, str) and '"' not in row]
    reading = read(HEADING + BEFORE + "\n".join(rows) + "\n" + AFTER)
    assert [p.row for p in reading.problems] == list(range(3, 3 + len(rows)))
    assert [q.key for q in reading.questions] == ["q-first", "q-last"]


def test_a_name_in_decomposed_hangul_is_the_same_name() -> None:
    row = unicodedata.normalize("NFD", "휴가,부산은 언제 여나요?,,사규.md,,근무,,")
    reading = read(HEADING + "휴가,서울은 언제 여나요?,,사규.md,,근무,,\n" + row)
    (problem,) = reading.problems
    assert "The id “휴가” is that of row 2" in str(problem.message)
    assert unicodedata.is_normalized("NFC", str(problem.message))


def test_a_file_of_nothing_but_open_quotation_marks_does_not_take_for_ever() -> None:
    reading = read(HEADING + BEFORE + 'x,"When\n' * 5_001)
    assert len(reading.questions) == 1 and 0 < len(reading.problems) <= 501
