"""Files that changed, moved, or became copies of each other; and documents that cannot be stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.domain.documents import TokeniserName, Vectors, Wanted
from app.domain.errors import UserError
from app.domain.indexing import IndexingState
from app.domain.message import Message
from app.services.documents.indexing import Indexing
from app.services.documents.named import sources
from storage.postgres.passages import PgPassageStore
from tests.integration import passages
from tests.integration.indexing_world import HashEmbedder, indexing


@pytest.fixture
def store() -> Iterator[PgPassageStore]:
    with passages.store() as opened:
        yield opened


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def index(store: PgPassageStore, embedder: HashEmbedder, tmp_path: Path) -> Iterator[Indexing]:
    with indexing(tmp_path / "home", embedder, store=store) as made:
        yield made


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in files.items():
        (folder / f"{name}.txt").write_text(words)
    return folder


def run(index: Indexing, embedder: HashEmbedder, *paths: Path) -> IndexingState:
    job = index.start(sources(paths), "handbook", embedding=embedder.model)
    assert job.wait(60)
    return job.state()


def outcome(state: IndexingState) -> dict[str, str]:
    return {file.name: file.status.value for file in state.files}


def texts(store: PgPassageStore) -> dict[str, str]:
    return {d.name: store.read(d.id).text for d in store.documents("handbook")}


def test_a_file_that_became_a_copy_is_not_found_by_what_it_said_before(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", a="Zebra rules.", b="Leave rules.")
    run(index, embedder, folder)
    write(folder, a="Leave rules.")
    state = run(index, embedder, folder)
    assert outcome(state) == {"docs/a.txt": "duplicate", "docs/b.txt": "duplicate"}
    assert state.files[0].replaced and "docs/b.txt; the older version" in str(state.files[0].reason)
    assert texts(store) == {"docs/b.txt": "Leave rules."}
    assert store.search("handbook", Wanted(5, words="zebra")) == []


def test_a_new_file_and_the_changed_one_that_it_was_copied_to_are_one(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", b="Zebra rules.")
    run(index, embedder, folder)
    write(folder, a="Leave rules.", b="Leave rules.")
    assert outcome(run(index, embedder, folder)) == {"docs/a.txt": "indexed", "docs/b.txt": "duplicate"}
    assert texts(store) == {"docs/a.txt": "Leave rules."}


def test_files_that_swap_their_contents_lose_neither(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", a="First words.", b="Second words.", c="Third words.")
    run(index, embedder, folder)
    write(folder, a="Second words.", b="First words.")
    run(index, embedder, folder)
    assert texts(store) == {"docs/a.txt": "Second words.", "docs/b.txt": "First words.", "docs/c.txt": "Third words."}
    write(folder, a="Third words.", b="Second words.", c="First words.")
    run(index, embedder, folder)
    assert texts(store) == {"docs/a.txt": "Third words.", "docs/b.txt": "Second words.", "docs/c.txt": "First words."}


def test_content_that_moves_on_while_its_file_changes_is_kept(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", a="First words.", b="Second words.")
    run(index, embedder, folder)
    write(folder, a="Second words.", b="New words.")
    run(index, embedder, folder)
    assert texts(store) == {"docs/a.txt": "Second words.", "docs/b.txt": "New words."}


def test_folders_of_one_name_are_kept_apart_from_run_to_run(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    one, two = write(tmp_path / "one" / "규정", a="Words of one."), write(tmp_path / "two" / "규정", a="Words of two.")
    assert outcome(run(index, embedder, one)) == {"규정/a.txt": "indexed"}
    state = run(index, embedder, two)
    assert outcome(state) == {"규정/a (2).txt": "indexed"} and not state.files[0].replaced
    write(two, a="Words of two, changed.")
    assert run(index, embedder, two, one).files[0].replaced
    assert texts(store) == {"규정/a.txt": "Words of one.", "규정/a (2).txt": "Words of two, changed."}
    assert set(outcome(run(index, embedder, one, two)).values()) == {"duplicate"}


def test_deep_folders_are_kept_apart(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    root = tmp_path / "docs"
    for top in ("a", "b"):
        write(root / top / "1/2/3/4/5/6/7", x=f"Words of {top}.")
    run(index, embedder, root)
    write(root / "b" / "1/2/3/4/5/6/7", x="Words of b, changed.")
    run(index, embedder, root)
    assert sorted(texts(store).values()) == ["Words of a.", "Words of b, changed."]


def test_a_changed_file_of_a_folder_that_moved_replaces_its_older_version(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "old" / "docs", a="First words.", b="Stays.")
    run(index, embedder, folder)
    moved = (tmp_path / "old").rename(tmp_path / "new") / "docs"
    write(moved, a="Second words.")
    assert outcome(run(index, embedder, moved)) == {"docs/a.txt": "indexed", "docs/b.txt": "duplicate"}
    assert texts(store) == {"docs/a.txt": "Second words.", "docs/b.txt": "Stays."}


def test_a_file_and_its_folder_named_together_are_indexed_once(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", a="Words.")
    assert outcome(run(index, embedder, folder, folder / "a.txt")) == {"docs/a.txt": "indexed"}
    write(folder, a="Other words.")
    assert run(index, embedder, folder / "a.txt").files[0].replaced
    assert texts(store) == {"docs/a.txt": "Other words."}


def test_a_document_that_cannot_be_stored_fails_alone(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "docs", a="Good words.", b="Broken words.", c="More good words.")
    plain = embedder.embed

    def embed(given: Sequence[str]) -> Vectors:
        vectors = plain(given)
        vectors[[n for n, text in enumerate(given) if "Broken" in text]] = np.nan
        return vectors

    monkeypatch.setattr(embedder, "embed", embed)
    state = run(index, embedder, folder)
    assert outcome(state) == {"docs/a.txt": "indexed", "docs/b.txt": "failed", "docs/c.txt": "indexed"}
    assert "no number" in str(state.files[1].reason) and state.files[1].remedy and state.problem is None
    assert set(texts(store)) == {"docs/a.txt", "docs/c.txt"}


def test_what_is_unforeseen_in_storing_one_document_leaves_the_others_alone(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "docs", a="Good words.", b="Broken words.", c="More good words.")
    plain = store.put

    def put(collection: str, document, *rest, **more):
        if "Broken" in document.text:
            raise OverflowError("a number of this document has no place in its column")
        return plain(collection, document, *rest, **more)

    monkeypatch.setattr(store, "put", put)
    state = run(index, embedder, folder)
    assert [file.status.value for file in state.files] == ["indexed", "failed", "indexed"]
    assert "OverflowError" in str(state.files[1].reason)


def test_a_store_that_is_gone_ends_everything_and_says_why(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "docs", **{f"f{n}": f"Words {n}." for n in range(9)})
    asked = []

    def put(*rest, **more):
        asked.append(rest)
        raise UserError(Message("The disk is full."), Message("Free some space."))

    monkeypatch.setattr(store, "put", put)
    state = run(index, embedder, folder)
    assert len(asked) == 1 and str(state.problem) == "The disk is full."
    assert set(outcome(state).values()) == {"failed"}


def test_a_way_to_read_korean_that_is_not_installed_is_refused_before_anything_starts(tmp_path: Path) -> None:
    def tokenisers(name: TokeniserName) -> object:
        raise UserError(Message("It is not installed."), Message("Run `pip install kiwipiepy`."))

    def started() -> str:
        raise AssertionError("the server was asked for")

    never = PgPassageStore(started, tokenisers)  # type: ignore[arg-type]
    with indexing(tmp_path / "home", HashEmbedder(), store=never, tokenisers=tokenisers) as index:  # type: ignore[arg-type]
        with pytest.raises(UserError, match="pip install kiwipiepy"):
            index.start([], "handbook", tokeniser=TokeniserName.KIWI)
        with pytest.raises(UserError, match="pip install kiwipiepy"):
            index.reindex("handbook", tokeniser=TokeniserName.KIWI)
