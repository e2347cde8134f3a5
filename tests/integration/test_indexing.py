"""Files into a collection: on the real store, with the real loader."""

from __future__ import annotations

import io
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.documents import Chunking
from app.domain.errors import UserError
from app.domain.indexing import FileStatus, IndexingState, Source
from app.domain.models import ModelRef
from app.providers.embedding_faults import ollama_failure
from app.providers.ollama_host import parse_host
from app.retrieval.embeddings_clients import ollama_client
from app.retrieval.embeddings_remote import RemoteEmbedder
from app.services.documents.indexing import Indexing
from app.services.documents.job import IndexingJob
from app.services.documents.named import sources
from storage.postgres.passages import PgPassageStore
from tests.integration import passages
from tests.integration.indexing_world import Gate, HashEmbedder, gone, indexing, too_long
from tests.servers.embedding_server import EmbeddingServer
from tests.unit import made_files

HASHES = ModelRef("test", "hashes")
SMALL = Chunking(100, 0)


@pytest.fixture
def store() -> Iterator[PgPassageStore]:
    with passages.store() as opened:
        yield opened


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def index(store: PgPassageStore, embedder: HashEmbedder, tmp_path: Path) -> Iterator[Indexing]:
    with indexing(tmp_path / "home", embedder, HashEmbedder("other", 16), store=store) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    return made


def text(path: Path, words: str) -> Path:
    path.write_text(words)
    return path


def run(index: Indexing, *paths: Path, **options) -> IndexingState:
    return ended(index.start(sources(paths), "handbook", embedding=HASHES, **options))


def ended(job: IndexingJob) -> IndexingState:
    assert job.wait(60)
    return job.state()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def outcome(state: IndexingState) -> dict[str, str]:
    return {file.name: file.status.value for file in state.files}


def stored(store: PgPassageStore, collection: str = "handbook") -> set[str]:
    return {d.name for d in store.documents(collection)}


def test_files_of_every_format_become_searchable(index: Indexing, store: PgPassageStore, folder: Path) -> None:
    made_files.word(folder / "a.docx")
    made_files.slides(folder / "b.pptx")
    made_files.sheet(folder / "c.xlsx")
    made_files.pdf(folder / "d.pdf", [["Page one"], ["연차는 십오 일이다."]])
    text(folder / "e.md", "# Title\n\nWords.")
    state = run(index, folder)
    assert set(outcome(state).values()) == {"indexed"}
    assert {d.name: d.pages for d in store.documents("handbook")} == {
        "docs/a.docx": None,
        "docs/b.pptx": 2,
        "docs/c.xlsx": 2,
        "docs/d.pdf": 2,
        "docs/e.md": None,
    }
    assert state.fraction == 1 and state.over and not state.failed
    document = store.read(store.document("handbook", "docs/d.pdf").id)
    found = store.passages(store.document("handbook", "docs/d.pdf").id)
    assert [(p.page, document.text[p.start : p.end]) for p in found] == [(1, "Page one"), (2, "연차는 십오 일이다.")]


def test_a_bad_file_fails_alone_with_its_reason(index: Indexing, store: PgPassageStore, folder: Path) -> None:
    text(folder / "good.txt", "Good words.")
    (folder / "empty.txt").touch()
    made_files.cut(made_files.pdf(folder / "cut.pdf", [["x"]]))
    made_files.locked_pdf(folder / "locked.pdf", "geheim")
    made_files.bomb(folder / "bomb.docx", 50)
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 10)
    (folder / "old.hwp").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "HwpSummaryInformation".encode("utf-16-le"))
    state = run(index, folder)
    assert {name for name, status in outcome(state).items() if status == "indexed"} == {"docs/good.txt"}
    failed = [file for file in state.files if file.status is FileStatus.FAILED]
    assert len(failed) == 6 and all(file.reason and file.remedy for file in failed)
    assert stored(store) == {"docs/good.txt"}
    assert state.failed and state.problem is None


def test_an_unchanged_file_is_skipped_and_a_changed_one_replaced(
    index: Indexing, store: PgPassageStore, embedder: HashEmbedder, folder: Path
) -> None:
    text(folder / "a.txt", "First version.")
    text(folder / "b.txt", "Stays.")
    run(index, folder)
    calls = len(embedder.calls)
    assert set(outcome(run(index, folder)).values()) == {"duplicate"}
    assert len(embedder.calls) == calls
    text(folder / "a.txt", "Second version.")
    state = run(index, folder)
    assert outcome(state) == {"docs/a.txt": "indexed", "docs/b.txt": "duplicate"}
    assert state.files[0].replaced
    assert store.read(store.document("handbook", "docs/a.txt").id).text == "Second version."
    assert stored(store) == {"docs/a.txt", "docs/b.txt"}


def test_a_copy_under_another_name_is_a_duplicate(index: Indexing, store: PgPassageStore, folder: Path) -> None:
    text(folder / "a.txt", "Same words.")
    text(folder / "b.txt", "Same words.")
    state = run(index, folder)
    assert outcome(state) == {"docs/a.txt": "indexed", "docs/b.txt": "duplicate"}
    assert "docs/a.txt" in str(state.files[1].reason)


def test_the_copy_of_a_bad_file_is_as_bad(index: Indexing, folder: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        text(folder / name, "no pdf")
    assert set(outcome(run(index, folder)).values()) == {"failed"}


def test_two_files_of_one_name_are_both_kept(index: Indexing, store: PgPassageStore, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        text(tmp_path / name / "a.txt", f"Words of {name}.")
    run(index, tmp_path / "one" / "a.txt", tmp_path / "two" / "a.txt")
    assert stored(store) == {"a.txt", "a (2).txt"}


def test_names_are_made_harmless(index: Indexing, store: PgPassageStore) -> None:
    hangul = unicodedata.normalize("NFD", "사내규정.txt")
    names = ["../../etc/passwd.txt", "가" * 300 + ".txt", hangul]
    job = index.start([index.upload(n, io.BytesIO(n.encode())) for n in names], "handbook", embedding=HASHES)
    assert set(outcome(ended(job)).values()) == {"indexed"}
    assert {"passwd.txt", "사내규정.txt"} < stored(store)
    assert max(map(len, stored(store))) == 120


def test_what_was_uploaded_is_gone_once_it_is_indexed(index: Indexing, tmp_path: Path) -> None:
    upload = index.upload("a.txt", io.BytesIO(b"words"))
    assert upload.path.exists()
    ended(index.start([upload], "handbook", embedding=HASHES))
    assert list((tmp_path / "home" / "uploads").iterdir()) == []


def test_a_passage_that_the_model_refuses_fails_its_file_alone(
    index: Indexing, store: PgPassageStore, embedder: HashEmbedder, folder: Path
) -> None:
    embedder.before = too_long("monster")
    for n in range(4):
        text(folder / f"{n}.txt", "monster" if n == 1 else f"words {n}")
    state = run(index, folder)
    assert [file.status.value for file in state.files] == ["indexed", "failed", "indexed", "indexed"]
    assert str(state.files[1].reason) == "A passage is too long."
    assert stored(store) == {"docs/0.txt", "docs/2.txt", "docs/3.txt"}


def test_a_model_that_is_gone_stops_everything_and_says_why(
    index: Indexing, store: PgPassageStore, embedder: HashEmbedder, folder: Path
) -> None:
    embedder.before = gone
    for n in range(30):
        text(folder / f"{n}.txt", f"words {n}")
    state = run(index, folder)
    assert set(outcome(state).values()) == {"failed"}
    assert str(state.problem) == "Nobody is there."
    assert len(embedder.calls) == 1
    assert stored(store) == set()


def test_cancelling_keeps_what_is_whole_and_nothing_else(
    index: Indexing, store: PgPassageStore, embedder: HashEmbedder, folder: Path
) -> None:
    text(folder / "0.txt", "short")
    ended(index.start(sources([folder]), "handbook", embedding=HASHES, chunking=SMALL))
    for n in range(1, 4):
        text(folder / f"{n}.txt", f"Sentence of file {n} here. " * 400)
    embedder.before = gate = Gate()
    job = index.start(sources([folder]), "handbook", embedding=HASHES)
    assert gate.reached.wait(30)
    job.cancel()
    gate.opened.set()
    state = ended(job)
    assert state.cancelled and not state.failed
    assert [file.status.value for file in state.files] == ["duplicate", "cancelled", "cancelled", "cancelled"]
    assert stored(store) == {"docs/0.txt"}
    embedder.before = lambda texts: None
    assert set(outcome(run(index, folder)).values()) == {"duplicate", "indexed"}
    assert len(stored(store)) == 4


def test_closing_waits_for_no_embedding_server(store: PgPassageStore, folder: Path, tmp_path: Path) -> None:
    text(folder / "a.txt", "words")
    with EmbeddingServer() as server:
        host = parse_host(server.address)
        hanging = RemoteEmbedder(
            ModelRef("ollama", "hangs"),
            lambda: ollama_client("hangs", url=host.url),
            lambda exc: ollama_failure(exc, "hangs", host),
            local=lambda: True,
        )
        with indexing(tmp_path / "home", hanging, store=store, hang_up=hanging.close) as index:
            job = index.start(sources([folder]), "handbook", embedding=hanging.model)
            until(lambda: len(server.requests) == 2)
            started = time.monotonic()
            index.close()
            assert time.monotonic() - started < 4
            assert outcome(ended(job)) == {"docs/a.txt": "cancelled"} and not job.state().failed


def test_progress_only_grows_and_a_page_can_attach_by_id(index: Indexing, embedder: HashEmbedder, folder: Path) -> None:
    seen: list[float] = []
    jobs: list[IndexingJob] = []

    def look(texts: object) -> None:
        jobs[:] = index.jobs()[:1]
        seen.append(jobs[0].state().files[0].fraction)

    embedder.before = look
    text(folder / "a.txt", "A sentence of some words. " * 2000)
    job = index.start(sources([folder]), "handbook", embedding=HASHES, chunking=SMALL)
    state = ended(job)
    assert len(seen) > 2 and seen == sorted(seen) and 0 < seen[-1] < 1
    assert index.job(job.id) is job and jobs == [job]
    assert state.files[0].passages == sum(embedder.calls)


def test_small_documents_share_calls_to_the_embedder(index: Indexing, embedder: HashEmbedder, folder: Path) -> None:
    gate = Gate()
    embedder.before = gate
    for n in range(40):
        text(folder / f"{n:02}.txt", f"words {n}")
    job = index.start(sources([folder]), "handbook", embedding=HASHES)
    until(lambda: job.file(39).passages > 0)  # all are read while the first call is held
    gate.opened.set()
    ended(job)
    assert len(embedder.calls) < 10


def test_a_collection_under_another_embedding_needs_no_files(
    index: Indexing, store: PgPassageStore, folder: Path
) -> None:
    made_files.word(folder / "a.docx")
    run(index, folder)
    (folder / "a.docx").unlink()
    ended(index.reindex("handbook", embedding=ModelRef("test", "other"), chunking=SMALL, to="handbook 16"))
    first, second = store.collection("handbook"), store.collection("handbook 16")
    assert (second.collection.dimension, second.collection.chunking) == (16, SMALL)
    assert stored(store, "handbook 16") == stored(store)
    assert second.passages > first.passages
    headings = {p.heading for p in store.passages(store.document("handbook 16", "docs/a.docx").id)}
    assert "Leave › Sick leave" in headings


def test_a_collection_is_replaced_by_itself_indexed_anew(index: Indexing, store: PgPassageStore, folder: Path) -> None:
    text(folder / "a.txt", "Words of a file. " * 50)
    run(index, folder)
    state = ended(index.reindex("handbook", embedding=ModelRef("test", "other")))
    assert not state.failed and state.collection == "handbook"
    assert [c.name for c in store.collections()] == ["handbook"]
    assert store.collection("handbook").collection.dimension == 16


def test_the_old_collection_stays_when_indexing_anew_fails(
    index: Indexing, store: PgPassageStore, embedder: HashEmbedder, folder: Path
) -> None:
    text(folder / "a.txt", "Words of a file. " * 50)
    run(index, folder)
    embedder.before = gone
    assert ended(index.reindex("handbook", chunking=SMALL)).failed
    assert [c.name for c in store.collections()] == ["handbook"]
    assert store.collection("handbook").collection.chunking == Chunking()


def test_other_settings_than_the_collections_own_are_refused(index: Indexing, folder: Path) -> None:
    text(folder / "a.txt", "words")
    run(index, folder)
    with pytest.raises(UserError):
        index.start(sources([folder]), "handbook", embedding=HASHES, chunking=SMALL)


def test_a_preview_shows_passages_and_cost_and_stores_nothing(
    index: Indexing, store: PgPassageStore, folder: Path
) -> None:
    path = text(folder / "a.txt", "A sentence of some words. " * 100)
    shown = index.preview(Source(path, "a.txt"), SMALL, HASHES, shown=2)
    assert (shown.passages, len(shown.first), shown.pages) == (34, 2, None)
    assert shown.shortest <= shown.median <= shown.longest <= 100
    assert shown.cost.tokens and shown.cost.usd == 0
    assert list(store.collections()) == []


def test_a_path_that_is_not_there_and_a_folder_without_documents_are_said(folder: Path) -> None:
    with pytest.raises(UserError, match="no file or folder"):
        sources([folder / "nowhere"])
    text(folder / "a.bin", "x")
    with pytest.raises(UserError, match="nothing to index"):
        sources([folder])


def test_the_samples_are_there_in_both_languages_and_have_headings(index: Indexing, store: PgPassageStore) -> None:
    state = ended(index.start(index.samples(), "samples", embedding=HASHES))
    assert set(outcome(state).values()) == {"indexed"}
    names = stored(store, "samples")
    assert {name.split(".")[0] for name in names if ".ko." in name} == {n.split(".")[0] for n in names if ".en." in n}
    found = store.passages(store.document("samples", "employee-handbook.ko.md").id)
    assert any(p.heading.startswith("사내 규정집 › 2. 휴가") and "15일" in p.text for p in found)
