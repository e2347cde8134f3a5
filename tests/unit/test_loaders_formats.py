"""What each loader gets out of a file of its format."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits
from app.retrieval.loaders.dispatch import load
from tests.unit import made_files


def read(path: Path, name: str | None = None) -> LoadedDocument:
    return load(path, name or path.name, LoadingLimits(), lambda done, pages: None)


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def page_of(document: LoadedDocument, words: str) -> int:
    at = document.text.index(words)
    return sum(start <= at for start in document.page_starts)


def under(document: LoadedDocument, words: str) -> str:
    at = document.text.index(words)
    return [h.text for h in document.headings if h.start <= at][-1]


def test_a_pdf_keeps_its_pages(tmp_path: Path) -> None:
    made = made_files.pdf(tmp_path / "a.pdf", [["First page", "연차는 십오 일이다."], ["Second page"]])
    document = read(made)
    assert document.format is FileFormat.PDF
    assert page_of(document, "연차는 십오 일이다.") == 1
    assert page_of(document, "Second page") == 2


def test_a_pdf_outline_gives_headings(tmp_path: Path) -> None:
    made = made_files.pdf(
        tmp_path / "a.pdf", [["Intro", "words"], ["Leave", "days"]], outline=[(0, "Intro"), (1, "Leave")]
    )
    document = read(made)
    assert under(document, "words") == "Intro"
    assert under(document, "days") == "Leave"


def test_a_page_without_text_is_counted_and_said(tmp_path: Path) -> None:
    document = read(made_files.pdf(tmp_path / "a.pdf", [["One"], [], ["Three"]]))
    assert len(document.page_starts) == 3
    assert page_of(document, "Three") == 3
    assert document.notices[0].params == {"pages": "2"}


def test_a_docx_gives_headings_tables_and_korean_in_order(tmp_path: Path) -> None:
    document = read(made_files.word(tmp_path / "a.docx"))
    assert [(h.level, h.text) for h in document.headings] == [(1, "Handbook"), (1, "Leave"), (2, "Sick leave")]
    assert under(document, "third day") == "Sick leave"
    assert "Senior | 20" in document.text
    assert document.text.endswith("연차는 입사 한 달 뒤부터 쓸 수 있다.")
    assert all(document.text[h.start :].startswith(h.text) for h in document.headings)


def test_a_slide_is_a_page_with_its_title_and_notes(tmp_path: Path) -> None:
    document = read(made_files.slides(tmp_path / "a.pptx"))
    assert page_of(document, "일정이 빠듯하다") == 2
    assert page_of(document, "Say why May.") == 1
    assert under(document, "Ship in May") == "Plan"


def test_a_row_of_a_sheet_names_its_columns(tmp_path: Path) -> None:
    document = read(made_files.sheet(tmp_path / "a.xlsx"))
    assert "Product: Lamp; Price: 30\nProduct: 의자; Price: 45.5" in document.text
    assert page_of(document, "Lamp | 3") == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_parted_by_what_parts_it(tmp_path: Path, separator: str) -> None:
    rows = [["이름", "부서"], ["김하나", "인사"], ["이두리", "개발, 운영" if separator != "," else "개발"]]
    made = written(tmp_path / "a.csv", "\n".join(separator.join(row) for row in rows), "cp949")
    assert read(made).text.startswith("이름: 김하나; 부서: 인사\n이름: 이두리")


def test_html_gives_what_a_reader_sees(tmp_path: Path) -> None:
    page = (
        "<!doctype html><html><head><title>T</title><style>p{}</style></head><body><nav>menu</nav>"
        "<h1>Leave</h1><p>Fifteen <b>days</b> a year.<p>Second.<script>alert(1)</script>"
        "<table><tr><th>Grade<th>Days<tr><td>Senior<td>20</table><p hidden>unseen</p><ul><li>a<li>b</ul></body>"
    )
    document = read(written(tmp_path / "a.html", page))
    assert document.text == "Leave\n\nFifteen days a year.\n\nSecond.\n\nGrade | Days\nSenior | 20\n\na\n\nb"
    assert under(document, "Fifteen") == "Leave"


def test_html_that_names_euc_kr_is_read_so(tmp_path: Path) -> None:
    made = written(tmp_path / "a.html", '<html><meta charset="euc-kr"><p>안녕하세요 똠방각하</p></html>', "cp949")
    assert read(made).text == "안녕하세요 똠방각하"


def test_markdown_stays_as_written_and_code_is_no_heading(tmp_path: Path) -> None:
    text = "# Top\n\nwords\n\n```\n# no heading\n```\n\nSub\n---\n\nmore"
    document = read(written(tmp_path / "a.md", text))
    assert document.text == text
    assert [(h.level, h.text) for h in document.headings] == [(1, "Top"), (2, "Sub")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_korean_text_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = "연차 휴가는 입사 한 달 뒤부터 쓸 수 있다.\n병가는 따로 계산한다. OK 100%"
    assert read(written(tmp_path / "a.txt", text, encoding)).text == text


def test_western_text_that_is_not_utf_8_is_guessed(tmp_path: Path) -> None:
    text = "Größe und Übermaß: der Käufer trägt die Kosten für die Rücksendung der Ware selbst. " * 5
    assert read(written(tmp_path / "a.txt", text, "cp1252")).text == text.strip()


def test_hangul_in_parts_is_composed_and_invisible_characters_go(tmp_path: Path) -> None:
    text = unicodedata.normalize("NFD", "연차") + "\u200b 휴\u00ad가\x00"
    assert read(written(tmp_path / "a.txt", text.replace("\x00", ""))).text == "연차 휴가"


def test_what_a_file_is_counts_not_what_it_is_called(tmp_path: Path) -> None:
    made = made_files.word(tmp_path / "report.pdf")
    document = read(made)
    assert document.format is FileFormat.DOCX
    assert document.notices[0].params == {"extension": ".pdf", "format": "DOCX"}
