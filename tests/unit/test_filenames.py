"""Names of files as they are shown and stored."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from app.domain.filenames import LONGEST, LONGEST_PATH, extension, free_name, is_same_file, safe_name, safe_path


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


def test_long_names_that_differ_in_the_middle_stay_two() -> None:
    names = {safe_name("가" * 100 + middle + "나" * 100 + ".pdf") for middle in ("2024", "2025")}
    assert len(names) == 2 and {len(name) for name in names} == {LONGEST}


def test_files_deep_below_keep_apart_whatever_of_their_path_is_shown() -> None:
    assert safe_path("a/b/c/d/e/f/g/x.txt") != safe_path("a/z/c/d/e/f/g/x.txt")
    deep = [f"docs/{kind}/{'/'.join('folder of a long name ' + str(n) for n in range(30))}/x.txt" for kind in "ab"]
    names = {safe_path(path) for path in deep}
    assert len(names) == 2 and max(map(len, names)) < LONGEST_PATH
    assert all(name.startswith("docs/") and name.endswith("/x.txt") for name in names)


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        (set(), "휴가/규정.v2.pdf"),
        ({"휴가/규정.v2.pdf"}, "휴가/규정.v2 (2).pdf"),
        ({"휴가/규정.v2.pdf", "휴가/규정.v2 (2).pdf"}, "휴가/규정.v2 (3).pdf"),
    ],
)
def test_a_taken_name_gets_a_number_before_its_extension(taken: set[str], free: str) -> None:
    assert free_name("휴가/규정.v2.pdf", taken.__contains__) == free


def test_a_number_is_put_where_no_extension_is_and_not_doubled() -> None:
    assert free_name("docs.old/README", {"docs.old/README"}.__contains__) == "docs.old/README (2)"
    assert free_name("a (2).txt", {"a (2).txt"}.__contains__) == "a (3).txt"


def test_files_of_one_name_are_two_while_both_are_there(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.touch()
    two.touch()
    assert not is_same_file("a.txt", str(two), "a.txt", str(one))
    one.unlink()  # it was moved to where the other is
    assert is_same_file("a.txt", str(two), "a.txt", str(one))


def test_a_file_is_known_by_its_path_and_an_upload_by_its_name(tmp_path: Path) -> None:
    there = tmp_path / "a.txt"
    there.touch()
    assert is_same_file("b.txt", str(there), "a.txt", str(there))
    assert is_same_file("a.txt", "", "a.txt", str(there))
    assert not is_same_file("b.txt", "", "a.txt", "")


def test_one_file_under_two_spellings_is_one(tmp_path: Path) -> None:
    # As on a system that sees no difference between composed Hangul and Hangul in parts.
    there, alias = tmp_path / "휴가.txt", tmp_path / unicodedata.normalize("NFD", "휴가.txt")
    there.touch()
    if not alias.exists():
        alias.symlink_to(there)
    assert is_same_file("휴가.txt", str(there), "휴가.txt", str(alias))


def test_the_extension_is_in_small_letters() -> None:
    assert extension("A.PDF") == ".pdf"
    assert extension("README") == ""
    assert extension(".hidden") == ""
