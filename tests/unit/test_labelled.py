"""Reading a labelled set."""

from __future__ import annotations

import pytest

from app.domain.errors import UserError
from app.domain.searching import Labelled, Target
from app.services.documents.labelled import absent, read_labelled
from app.services.questions.samples import LABELLED, labelled_csv

WANTED = (Labelled("When?", (Target("a.pdf", 3), Target("b.md"))), Labelled("누가?", (Target("사규.hwp.txt", 1),)))


@pytest.mark.parametrize(
    "text",
    [
        "question,document,page\nWhen?,a.pdf,3\nWhen?,b.md,\n누가?,사규.hwp.txt,1\n",
        "When?,a.pdf,3\nWhen?,b.md\n\n누가?,사규.hwp.txt,1",
        "페이지;문서;질문\n3;a.pdf;When?\n;b.md;When?\n1;사규.hwp.txt;누가?\n",
        '\ufeffquestion\tdocument\tpage\n"When?"\ta.pdf\t3\nWhen?\tb.md\t\n누가?\t사규.hwp.txt\t1.0\n',
        '{"question": "When?", "targets": [{"document": "a.pdf", "page": 3}, "b.md"]}\n'
        '{"question": "누가?", "document": "사규.hwp.txt", "page": "1"}\n',
        '[{"question": "When?", "targets": [{"document": "a.pdf", "page": 3}, {"document": "b.md"}]},'
        ' {"question": "누가?", "document": "사규.hwp.txt", "page": 1}]',
    ],
)
def test_a_set_is_read_from_csv_and_json_with_or_without_a_heading(text: str) -> None:
    assert read_labelled("set.csv", text.encode()) == WANTED


def test_a_set_saved_by_a_korean_windows_is_read() -> None:
    assert read_labelled("set.csv", "질문,문서\n누가?,사규.txt\n".encode("cp949"))[0].question == "누가?"


def test_names_in_decomposed_hangul_are_the_same_names() -> None:
    import unicodedata

    (one,) = read_labelled("set.csv", unicodedata.normalize("NFD", "누가?,사규.txt").encode())
    assert one == Labelled("누가?", (Target("사규.txt"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no question in set.csv"),
        ("question,document\n", "no question in set.csv"),
        ("question,document\nWhen?,\n", "Line 2: There is no question or no document"),
        ("When?,a.pdf,three\n", "Line 1: “three” is not a page"),
        ("When?,a.pdf,0\n", "is not a page"),
        ('{"question": "When?", "document": "a.pdf"}\n{"question": \n', "Line 2: It is not JSON"),
        ('{"question": "When?", "targets": 3}', "Line 1: `targets` is not a list"),
        ("[1]", "Row 1: It is not an object"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_labelled("set.csv", text.encode())


@pytest.mark.parametrize("data", [b"\x00\xff\xfe\x81", b"PK\x03\x04\xff\xff\x80"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UserError):
        read_labelled("set.csv", data)


def test_documents_that_are_not_there_are_named_once() -> None:
    assert absent(WANTED, ["b.md"]) == ("a.pdf", "사규.hwp.txt")


def test_the_sample_set_can_be_read() -> None:
    questions = read_labelled(LABELLED, labelled_csv().encode())
    assert len(questions) == 20 and all(len(q.targets) == 1 for q in questions)
