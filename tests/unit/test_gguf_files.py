"""Which file a model name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import Fault, ProviderError
from app.providers.catalogue import CATALOGUE
from app.providers.gguf_files import ModelFiles
from tests.unit.gguf_bytes import a_model

SMOLLM2 = CATALOGUE["smollm2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in ("tiny.gguf", "team/Qwen3-4B.gguf", "team/twin.gguf", "other/twin.gguf"):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(a_model())
    return tmp_path


def failure(folder: Path, name: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ModelFiles(folder).find(name)
    return caught.value


@pytest.mark.parametrize("name", ["Qwen3-4B", "Qwen3-4B.gguf", "team/Qwen3-4B", "team/Qwen3-4B.gguf", "team\\Qwen3-4B"])
def test_a_file_is_found_by_stem_by_name_and_by_place(folder: Path, name: str) -> None:
    assert ModelFiles(folder).find(name).path == folder / "team/Qwen3-4B.gguf"


def test_a_file_anywhere_is_found_by_its_path(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ModelFiles(tmp_path / "elsewhere")
    assert files.find(str(folder / "tiny.gguf")).path == folder / "tiny.gguf"
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert files.find("~/tiny.gguf").path == folder / "tiny.gguf"


def test_a_name_that_means_two_files_names_both(folder: Path) -> None:
    error = failure(folder, "twin")
    assert error.kind is Fault.UNKNOWN_MODEL
    assert "gguf:other/twin.gguf" in str(error.remedy) and "gguf:team/twin.gguf" in str(error.remedy)


def test_listed_names_are_short_where_they_are_clear_and_lead_back_to_their_file(folder: Path) -> None:
    files = ModelFiles(folder)
    names = [m.ref.name for m in files.list()]
    assert names == ["Qwen3-4B", "other/twin", "team/twin", "tiny"]
    assert len({files.find(name).path for name in names}) == 4


def test_what_is_no_model_of_its_own_is_not_listed(folder: Path) -> None:
    (folder / "mmproj.gguf").write_bytes(a_model("clip"))
    (folder / "big-00001-of-00002.gguf").write_bytes(a_model())
    (folder / "big-00002-of-00002.gguf").write_bytes(a_model())
    (folder / "broken.gguf").write_bytes(b"GGUF")
    (folder / ".fetch-x").mkdir()
    (folder / ".fetch-x" / "half.gguf").write_bytes(a_model())
    assert [m.ref.name for m in ModelFiles(folder).list()] == [
        "Qwen3-4B", "big-00001-of-00002", "other/twin", "team/twin", "tiny"
    ]  # fmt: skip


def test_a_catalogue_key_that_is_not_here_names_the_command(folder: Path) -> None:
    error = failure(folder, "smollm2")
    assert error.kind is Fault.UNKNOWN_MODEL
    assert "python -m app models get smollm2" in str(error.remedy)


def test_a_catalogue_file_of_another_size_is_incomplete(folder: Path) -> None:
    (folder / SMOLLM2.file).write_bytes(a_model())
    error = failure(folder, "smollm2")
    assert error.kind is Fault.BAD_MODEL_FILE
    assert str(SMOLLM2.size) in str(error.message)


@pytest.mark.parametrize("name", ["nothing", "../tiny", "tiny\0.gguf", "x" * 5000])
def test_an_unknown_name_says_where_files_belong(folder: Path, name: str) -> None:
    error = failure(folder, name)
    assert error.kind is Fault.UNKNOWN_MODEL
    assert str(folder) in str(error.remedy)
    assert "\0" not in str(error)


def test_a_path_where_nothing_is_is_said_as_such(folder: Path) -> None:
    for name in (str(folder / "gone.gguf"), str(folder), "~nobody-of-that-name/x.gguf"):
        assert failure(folder, name).kind is Fault.BAD_MODEL_FILE


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "empty"), (b"GGUF\3", "cut short"), (b"<!doctype html>", "not a GGUF")]
)
def test_a_broken_file_is_said_as_such(folder: Path, data: bytes, words: str) -> None:
    (folder / "broken.gguf").write_bytes(data)
    error = failure(folder, "broken")
    assert error.kind is Fault.BAD_MODEL_FILE
    assert words in str(error.message) and "broken.gguf" in str(error.message)


def test_a_file_that_was_replaced_is_read_anew(folder: Path) -> None:
    files = ModelFiles(folder)
    assert files.find("tiny").header.context_length == 2048
    (folder / "tiny.gguf").write_bytes(a_model("mistral", 99))
    assert files.find("tiny").header.context_length == 99


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert ModelFiles(tmp_path / "none").list() == []
