"""A search from the question to the evidence, on a real server, with models that are stood in for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from app.domain.documents import Fusion, Mode, Vector, Vectors
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.searching import Labelled, SearchResult, SearchSettings, Target
from app.evaluation.retrieval_metrics import scores
from app.retrieval.search import Searcher
from app.services.comparing.sources import collection_of, retrieve
from app.services.documents.searching import Searching, Side
from storage.postgres.passages import PgPassageStore
from tests.integration.passages import MODEL, collection, embed, put, store

LEAVE = "연차휴가는 20일입니다. 남은 휴가는 이월되지 않습니다."
CAFE = "The cafeteria opens at eleven. It serves lunch."
REMOTE = "재택근무는 팀장이 승인합니다."
HELPER = ModelRef("ollama", "helper")


class Hashes:
    """An embedding model: equal texts are nearest."""

    model = MODEL
    dimension = 32
    local = True

    def embed(self, texts: Sequence[str]) -> Vectors:
        return embed(texts)

    def embed_query(self, text: str) -> Vector:
        return embed([text])[0]


def down(model: ModelRef, system: str, prompt: str) -> str:
    raise ProviderError(Fault.UNREACHABLE, Message("{model} does not answer.", model=str(model)), Message("Start it."))


@pytest.fixture
def opened() -> Iterator[PgPassageStore]:
    with store() as found:
        found.create(collection())
        put(found, "rules.txt", LEAVE, REMOTE)
        put(found, "menu.txt", CAFE)
        yield found


def searcher(opened: PgPassageStore, ask: object = None) -> Searcher:
    return Searcher(opened, lambda model: Hashes(), ask)  # type: ignore[arg-type]


def texts(result: SearchResult) -> list[str]:
    return [hit.passage.text for hit in result.hits]


@pytest.mark.parametrize("fusion", list(Fusion))
def test_hybrid_search_gives_passages_with_both_scores_and_every_step_timed(
    opened: PgPassageStore, fusion: Fusion
) -> None:
    result = searcher(opened)("휴가를 이월할 수 있나요?", "handbook", SearchSettings(fusion=fusion, k=3))
    # The vectors of the test say nothing, so the words decide.
    assert LEAVE in texts(result)[:2]
    hit = next(h for h in result.hits if h.passage.text == LEAVE)
    assert hit.keyword is not None and hit.dense is not None
    assert [h.rank for h in result.hits] == [1, 2, 3]
    assert [s.name for s in result.steps] == ["embedding", "search", "fusion", "passages"]
    assert all(s.seconds >= 0 for s in result.steps) and result.seconds < 5


def test_dense_and_keyword_search_order_by_their_own_scores(opened: PgPassageStore) -> None:
    dense = searcher(opened)(CAFE, "handbook", SearchSettings(mode=Mode.DENSE, k=1))
    assert texts(dense) == [CAFE] and dense.hits[0].score == pytest.approx(1.0, abs=1e-5)
    keyword = searcher(opened)("팀장의 승인", "handbook", SearchSettings(mode=Mode.KEYWORD))
    assert texts(keyword) == [REMOTE] and keyword.hits[0].score == keyword.hits[0].keyword
    assert "embedding" not in [s.name for s in keyword.steps]


def test_the_evidence_is_what_was_found_with_its_place(opened: PgPassageStore) -> None:
    evidence = searcher(opened)(CAFE, "handbook", SearchSettings(k=1)).evidence
    assert [(p.document, p.text, p.page, p.start, p.end) for p in evidence.passages] == [
        ("menu.txt", CAFE, 1, 0, len(CAFE))
    ]


def test_expansion_searches_what_the_model_wrote_as_well(opened: PgPassageStore) -> None:
    asked = searcher(opened, lambda model, system, prompt: "1. cafeteria lunch\n2. opening hours")
    result = asked("점심", "handbook", SearchSettings(mode=Mode.KEYWORD, expansion=HELPER))
    assert result.queries == ("점심", "cafeteria lunch", "opening hours")
    assert texts(result) == [CAFE]
    assert result.steps[0].name == "expansion" and result.notices == ()


def test_optional_steps_whose_model_is_down_are_skipped_and_said(opened: PgPassageStore) -> None:
    settings = SearchSettings(mode=Mode.KEYWORD, expansion=HELPER, extraction=HELPER)
    result = searcher(opened, down)("팀장의 승인", "handbook", settings)
    assert texts(result) == [REMOTE]
    assert [str(n) for n in result.notices] == [
        "Query expansion was skipped: ollama:helper does not answer.",
        "Extraction was skipped: ollama:helper does not answer.",
    ]


def test_an_extract_is_shown_at_its_own_place_in_the_document(opened: PgPassageStore) -> None:
    asked = searcher(opened, lambda model, system, prompt: "남은 휴가는 이월되지 않습니다.")
    result = asked("휴가 이월", "handbook", SearchSettings(mode=Mode.KEYWORD, extraction=HELPER))
    shown = result.evidence.passages[0]
    whole = opened.read(opened.document("handbook", "rules.txt").id).text
    assert shown.text == whole[shown.start : shown.end] == "남은 휴가는 이월되지 않습니다."


def test_diversity_leaves_out_what_repeats_a_passage(opened: PgPassageStore) -> None:
    put(opened, "again.txt", CAFE, "page two makes it another file")
    plain = searcher(opened)(CAFE, "handbook", SearchSettings(mode=Mode.DENSE, k=2))
    assert texts(plain) == [CAFE, CAFE]
    spread = searcher(opened)(CAFE, "handbook", SearchSettings(mode=Mode.DENSE, k=2, mmr=True))
    assert texts(spread)[0] == CAFE and texts(spread)[1] != CAFE


def test_a_search_is_limited_to_documents_by_name(opened: PgPassageStore) -> None:
    result = searcher(opened)(LEAVE, "handbook", SearchSettings(documents=("menu.txt",)))
    assert texts(result) == [CAFE]
    with pytest.raises(UserError, match="no document"):
        searcher(opened)(LEAVE, "handbook", SearchSettings(documents=("nowhere.txt",)))


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_nothing_to_search_for_is_said(opened: PgPassageStore, query: str) -> None:
    with pytest.raises(UserError, match="nothing to search for"):
        searcher(opened)(query, "handbook", SearchSettings())


def test_sides_are_searched_by_the_same_question_and_their_overlap_told(opened: PgPassageStore) -> None:
    searching = Searching(searcher(opened), lambda found, wanted, k: scores(found, wanted, k, resamples=50))
    sides = [
        Side("handbook", SearchSettings(mode=Mode.KEYWORD)),
        Side("handbook", SearchSettings(mode=Mode.DENSE, k=1)),
        Side("nowhere"),
    ]
    found = searching.side_by_side("팀장의 승인", sides)
    assert isinstance(found.results[0], SearchResult) and isinstance(found.results[2], UserError)
    assert found.overlap[0][0] == 1.0 and found.overlap[0][2] == 0.0


def test_a_labelled_set_measures_each_side(opened: PgPassageStore) -> None:
    searching = Searching(searcher(opened), lambda found, wanted, k: scores(found, wanted, k, resamples=50))
    questions = [Labelled("팀장이 승인", (Target("rules.txt", 2),)), Labelled("lunch", (Target("menu.txt"),))]
    keyword, dense = searching.measure(
        questions,
        [Side("handbook", SearchSettings(mode=Mode.KEYWORD)), Side("handbook", SearchSettings(mode=Mode.DENSE))],
        k=1,
    )
    assert keyword.scores.recall.value == 1.0 and keyword.scores.recall.n == 2
    assert dense.scores.k == 1 and 0 <= dense.scores.mrr.value <= 1


def test_evidence_that_is_empty_is_an_error_not_a_comparison_without_sources(opened: PgPassageStore) -> None:
    with pytest.raises(UserError, match="Nothing in the collection"):
        retrieve(searcher(opened), "handbook", "zebra", SearchSettings(mode=Mode.KEYWORD))


def test_sources_name_their_collection_and_every_step_is_timed(opened: PgPassageStore) -> None:
    found = retrieve(searcher(opened), "handbook", "팀장의 승인", SearchSettings(mode=Mode.KEYWORD))
    assert [(p.collection, p.document, p.text) for p in found.evidence.passages] == [("handbook", "rules.txt", REMOTE)]
    assert found.seconds > 0 and collection_of(found.evidence) == "handbook"


def test_of_a_prompt_as_long_as_a_document_the_beginning_is_searched_for_and_that_is_said(
    opened: PgPassageStore,
) -> None:
    found = retrieve(searcher(opened), "handbook", "팀장의 승인 " + "x " * 5_000, SearchSettings(mode=Mode.KEYWORD))
    assert [p.text for p in found.evidence.passages] == [REMOTE]
    assert [str(n) for n in found.notices] == ["The sources were searched for by the first 4,000 characters."]
