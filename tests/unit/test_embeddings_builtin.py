"""The embedder that needs nothing, the shelf of embedders, and what embedding costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from app.domain.embedding import estimated_cost
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.models import ModelRef
from app.pricing.prices import Prices
from app.pricing.tokens import Tokens
from app.retrieval.embeddings import BUILTIN, EmbedderShelf
from app.retrieval.embeddings_use import UseEmbedder

PASSAGES = [
    "New employees get fifteen days of paid annual leave.",
    "The office in Busan opens at half past nine.",
    "Customers may return goods within thirty days.",
]


@pytest.fixture(scope="module")
def use() -> UseEmbedder:
    return UseEmbedder(2)


def blas_threads() -> list[int]:
    """Of numpy's library: what others bring along does not embed."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    return [pool["num_threads"] for pool in pools]


@pytest.mark.parametrize(
    ("question", "nearest"),
    [("연차는 며칠인가요?", 0), ("When does Busan open?", 1), ("반품은 언제까지 할 수 있나요?", 2)],
)
def test_a_question_finds_its_passage_in_either_language(use: UseEmbedder, question: str, nearest: int) -> None:
    assert int(np.argmax(use.embed(PASSAGES) @ use.embed_query(question))) == nearest


def test_vectors_come_in_the_order_of_the_texts_however_long_they_are(use: UseEmbedder) -> None:
    texts = [f"{passage} {n}" * (n % 4 + 1) for n, passage in enumerate(PASSAGES * 10)]
    together = use.embed(texts)
    assert together.shape == (30, use.dimension) and together.dtype == np.float32
    assert np.allclose(together, [use.embed_query(text) for text in texts], atol=1e-4)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-3)


def test_no_texts_are_no_vectors(use: UseEmbedder) -> None:
    assert use.embed([]).shape == (0, 512)


def test_whoever_embeds_the_library_multiplies_with_one_thread(use: UseEmbedder) -> None:
    for caller in (ThreadPoolExecutor(1), ThreadPoolExecutor(1)):
        with caller:
            caller.submit(use.embed, PASSAGES).result()
            assert caller.submit(blas_threads).result() == [1]
    assert blas_threads() == [1]


class Cloud:
    model, dimension, local = ModelRef("cloud", "x"), 3, False


def test_an_embedder_is_made_once() -> None:
    made: list[str] = []
    shelf = EmbedderShelf({"cloud": lambda name: made.append(name) or Cloud()})
    assert shelf(ModelRef("cloud", "x")) is shelf(ModelRef("cloud", "x"))
    assert made == ["x"]


def test_local_only_mode_refuses_what_leaves_the_house() -> None:
    shelf = EmbedderShelf({"cloud": lambda name: Cloud()}, local_only=True)
    with pytest.raises(ProviderError) as caught:
        shelf(ModelRef("cloud", "x"))
    assert caught.value.kind is Fault.LOCAL_ONLY
    assert shelf(BUILTIN).local


@pytest.mark.parametrize("name", ["nobody:x", "builtin:other"])
def test_an_unknown_embedding_model_is_answered_with_known_ones(name: str) -> None:
    with pytest.raises(UserError, match="builtin:use-multilingual"):
        EmbedderShelf({})(ModelRef.parse(name))


def test_the_cost_is_estimated_before_anything_is_sent() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    model = ModelRef("openai", "text-embedding-3-small")
    cost = estimated_cost(["hello world"] * 500_000, model, tokens=Tokens(), prices=Prices(), at=at, local=False)
    assert (cost.tokens, cost.exact, cost.usd) == (1_000_000, True, Decimal("0.02"))
    here = estimated_cost(["hello"], BUILTIN, tokens=Tokens(), prices=Prices(), at=at, local=True)
    assert here.usd == 0


def test_a_model_without_a_price_costs_unknown_not_nothing() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    cost = estimated_cost(["x"], ModelRef("vllm", "bge"), tokens=Tokens(), prices=Prices(), at=at, local=False)
    assert cost.usd is None
