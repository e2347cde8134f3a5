"""Names of files as they are shown and stored."""

from __future__ import annotations

import unicodedata

import pytest

from app.domain.filenames import LONGEST, extension, safe_name, safe_path


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\win.ini", "win.ini"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a\nb\x00.txt", "a b.txt"),
        ("exe.\u202efdp.txt", "exe.fdp.txt"),
        ("  휴가   규정 .pdf ", "휴가 규정 .pdf"),
    ],
)
def test_a_name_is_one_harmless_line(given: str, shown: str) -> None:
    assert safe_name(given) == shown


def test_hangul_in_parts_is_composed() -> None:
    assert safe_name(unicodedata.normalize("NFD", "사내규정집.pdf")) == "사내규정집.pdf"


def test_a_long_name_keeps_its_beginning_and_its_extension() -> None:
    name = safe_name("가" * 300 + "_v2.pdf")
    assert len(name) == LONGEST
    assert name.startswith("가가") and name.endswith("_v2.pdf")


def test_a_path_keeps_its_folders_but_does_not_climb() -> None:
    assert safe_path("../rules/./leave/휴가.md") == "rules/leave/휴가.md"
    assert safe_path("C:\\docs\\a.txt") == "docs/a.txt"


def test_the_extension_is_in_small_letters() -> None:
    assert extension("A.PDF") == ".pdf"
    assert extension("README") == ""
    assert extension(".hidden") == ""
