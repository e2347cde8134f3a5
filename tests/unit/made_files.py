"""Files of every format, made by the tests themselves, the broken ones too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import openpyxl
import pptx
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas


def pdf(path: Path, pages: Sequence[Sequence[str]], *, outline: Sequence[tuple[int, str]] = ()) -> Path:
    """A PDF of `pages` of lines, Korean too; a page without lines holds a drawing alone."""
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    canvas = Canvas(str(path), pagesize=A4)
    for n, lines in enumerate(pages):
        for index, title in outline:
            if index == n:
                canvas.bookmarkPage(title)
                canvas.addOutlineEntry(title, title)
        canvas.setFont("HYSMyeongJo-Medium", 11)
        for i, line in enumerate(lines):
            canvas.drawString(60, 780 - 16 * i, line)
        if not lines:
            canvas.rect(60, 60, 200, 300, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def locked_pdf(path: Path, password: str) -> Path:
    writer = PdfWriter(clone_from=PdfReader(pdf(path, [["secret"]])))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    writer.write(path)
    return path


def pdf_without_pages(path: Path) -> Path:
    with path.open("wb") as file:
        PdfWriter().write(file)
    return path


def word(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Leave", 1)
    document.add_paragraph("Fifteen days in the first year.")
    document.add_heading("Sick leave", 2)
    document.add_paragraph("A note from the third day on.")
    table = document.add_table(rows=2, cols=2)
    for n, words in enumerate(("Grade", "Days", "Senior", "20")):
        table.rows[n // 2].cells[n % 2].text = words
    document.add_paragraph("연차는 입사 한 달 뒤부터 쓸 수 있다.")
    document.save(str(path))
    return path


def slides(path: Path) -> Path:
    presentation = pptx.Presentation()
    for title, body in (("Plan", "Ship in May"), ("위험", "일정이 빠듯하다")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    presentation.slides[0].notes_slide.notes_text_frame.text = "Say why May."
    presentation.save(str(path))
    return path


def sheet(path: Path) -> Path:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Prices"
    for row in (("Product", "Price"), ("Lamp", 30.0), ("의자", 45.5)):
        first.append(row)
    second = book.create_sheet("Stock")
    second.append(("Lamp", 3))
    book.save(str(path))
    return path


def archive(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return path


def bomb(path: Path, megabytes: int = 300) -> Path:
    """A DOCX that would unpack to so many megabytes of blanks."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        with file.open("word/document.xml", "w") as entry:
            blank = b" " * 1_000_000
            for _ in range(megabytes):
                entry.write(blank)
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """The same file without its end."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def picture() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(buffer, "PNG")
    return buffer.getvalue()
