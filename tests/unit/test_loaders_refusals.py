"""Files that cannot be read: each says why, and costs little."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.loading import MB, LoadingLimits
from app.retrieval.loaders.dispatch import load
from tests.unit import made_files


def refusal(path: Path, limits: LoadingLimits | None = None, name: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load(path, name or path.name, limits or LoadingLimits(), lambda done, pages: None)
    assert str(caught.value.remedy)
    return str(caught.value.message)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    assert refusal(tmp_path / "a.pdf") == "It is empty."


def test_a_file_of_blanks_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\t\n")
    assert refusal(tmp_path / "a.txt") == "There is no text in it."


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_truncated_pdf_is_not_half_read(tmp_path: Path, share: float) -> None:
    made = made_files.pdf(tmp_path / "a.pdf", [[f"Page {n}"] for n in range(5)])
    assert refusal(made_files.cut(made, share)) == "It is damaged or cut off."


@pytest.mark.parametrize("make", [made_files.word, made_files.slides, made_files.sheet])
def test_a_truncated_office_file(tmp_path: Path, make) -> None:
    made = make(tmp_path / {"word": "a.docx", "slides": "a.pptx", "sheet": "a.xlsx"}[make.__name__])
    assert refusal(made_files.cut(made)) == "It is damaged or cut off."


def test_a_pdf_with_a_password(tmp_path: Path) -> None:
    assert refusal(made_files.locked_pdf(tmp_path / "a.pdf", "geheim")) == "It is protected by a password."


def test_a_pdf_whose_password_is_empty_is_read(tmp_path: Path) -> None:
    made = made_files.locked_pdf(tmp_path / "a.pdf", "")
    assert load(made, "a.pdf", LoadingLimits(), lambda done, pages: None).text == "secret"


def test_an_office_file_with_a_password(tmp_path: Path) -> None:
    encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.docx").write_bytes(encrypted)
    assert refusal(tmp_path / "a.docx") == "It is protected by a password."


def test_a_pdf_without_pages(tmp_path: Path) -> None:
    assert refusal(made_files.pdf_without_pages(tmp_path / "a.pdf")) == "It has no pages."


def test_a_scanned_pdf_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    assert "scanned" in refusal(made_files.pdf(tmp_path / "a.pdf", [[], []]))


def test_a_file_over_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 501 * MB)  # sparse: takes no room
    assert refusal(path) == "It has 501 MB; 500 MB is the most that is read."


def test_a_long_text_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"word " * 100)
    assert "more text in it than the 100 characters" in refusal(path, LoadingLimits(characters=100))


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    assert refusal(made_files.bomb(tmp_path / "a.docx")).startswith("Unpacked it would take 300 MB")


def test_an_archive_of_very_many_entries_is_not_opened(tmp_path: Path) -> None:
    made = made_files.archive(tmp_path / "a.docx", {f"word/{n}": b"" for n in range(50)})
    assert "it is not opened" in refusal(made, LoadingLimits(entries=10))


def test_entities_in_a_docx_are_not_blown_up(tmp_path: Path) -> None:
    rounds = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    laughs = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{rounds}]><x>&e8;</x>'.encode()
    made = made_files.archive(tmp_path / "a.docx", {"[Content_Types].xml": laughs, "word/document.xml": laughs})
    assert refusal(made) == "It is damaged or cut off."


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"<html><body>Please log in</body></html>", "It is called .pdf, but is no pdf inside."),
        ("a.docx", "그냥 글".encode(), "It is called .docx, but is no docx inside."),
        ("a.zip", None, "It is a ZIP archive."),
        ("a.txt", made_files.picture(), "It is a picture, and has no text to search."),
        ("a.txt", random.Random(1).randbytes(5000), "This is not text"),
        ("a.csv", bytes(range(256)) * 20, "This is not text"),
        ("a.rtf", rb"{\rtf1 hello}", "It is an RTF file."),
        ("a.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "HwpSummaryInformation".encode("utf-16-le"), "Hangul (HWP)"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office before 2007"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    path = tmp_path / name
    if data is None:
        made_files.archive(path, {"a.txt": b"x"})
    else:
        path.write_bytes(data)
    assert words in refusal(path)


def test_a_folder_and_a_file_that_is_gone(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "It is a folder."
    assert refusal(tmp_path / "gone.txt") == "It is not there any more."
