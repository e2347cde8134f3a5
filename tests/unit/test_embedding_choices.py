"""Which embedding models are offered."""

from __future__ import annotations

from app.domain.models import ModelInfo, ModelRef
from app.services.comparing.directory import Found
from app.services.documents.embeddings import embedding_choices


def info(ref: str, *, chat: bool, local: bool = False) -> ModelInfo:
    return ModelInfo(ModelRef.parse(ref), chat=chat, local=local)


FOUND = Found(
    models=(
        info("openai:gpt-5.4-mini", chat=True),
        info("openai:text-embedding-3-small", chat=False),
        info("openai:whisper-1", chat=False),
        info("ollama:llama3.2", chat=True, local=True),
        info("ollama:nomic-embed-text", chat=False, local=True),
        info("vllm:BAAI/bge-m3", chat=False, local=True),
    )
)


def test_the_builtin_one_comes_first_and_is_always_there() -> None:
    assert [str(m) for m in embedding_choices(Found())] == ["builtin:use-multilingual"]


def test_what_embeds_is_offered_and_nothing_else() -> None:
    assert [str(m) for m in embedding_choices(FOUND)] == [
        "builtin:use-multilingual",
        "openai:text-embedding-3-small",
        "ollama:nomic-embed-text",
        "vllm:BAAI/bge-m3",
    ]


def test_local_only_offers_no_cloud() -> None:
    assert "openai:text-embedding-3-small" not in [str(m) for m in embedding_choices(FOUND, local_only=True)]
