"""The part of the composition root for documents: embedding models, the passage store, indexing and search.

Only `app.bootstrap` imports it. Nothing here is started by being made: the passage store opens its
server at the first call, an embedding model is loaded or asked at the first text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.loading import MB, LoadingLimits
from app.domain.models import ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.domain.searching import Ask
from app.domain.store import DocumentsState
from app.evaluation.retrieval_metrics import scores
from app.providers.embedding_faults import ollama_failure, openai_failure
from app.providers.endpoints import Endpoint
from app.providers.ollama_host import parse_host
from app.providers.openai import OPENAI_URL, checked_key, checked_url
from app.providers.openai_faults import Asked
from app.providers.redaction import scrub
from app.retrieval.chunking import StructureChunker
from app.retrieval.embeddings import EmbedderShelf, Maker
from app.retrieval.embeddings_clients import ollama_client, openai_client
from app.retrieval.embeddings_remote import RemoteEmbedder
from app.retrieval.loaders.process import ProcessLoader
from app.retrieval.search import Searcher
from app.retrieval.tokenising import tokeniser
from app.services.documents.indexing import Indexing
from app.services.documents.searching import Searching
from app.settings import ROOT, Settings
from storage.postgres.condition import condition
from storage.postgres.passages import PgPassageStore, open_passages

SAMPLES = ROOT / "app" / "retrieval" / "samples"


@dataclass(frozen=True, slots=True)
class Documents:
    """`begun` tells whether there may be collections: asking for them where there are none starts no server.

    `condition` says where they are kept and how that is, and starts nothing either.
    """

    passages: PgPassageStore
    indexing: Indexing
    searching: Searching
    begun: Callable[[], bool]
    condition: Callable[[], DocumentsState]


def documents(
    settings: Settings, endpoints: tuple[Endpoint, ...], tokens: TokenCounter, prices: PriceBook, ask: Ask
) -> Documents:
    """Raises UserError for settings that cannot work."""
    store = open_passages(settings.home, settings.pgvector_url, tokeniser)
    shelf = _embedders(settings, endpoints)
    indexing = Indexing(
        store,
        ProcessLoader(LoadingLimits(file_bytes=settings.max_file_mb * MB)),
        StructureChunker(tokens),
        shelf,
        tokens,
        prices,
        uploads=settings.home / "uploads",
        samples=SAMPLES,
        tokenisers=tokeniser,
        hang_up=shelf.close,
    )
    data = settings.home / "postgres" / "data"
    return Documents(
        store,
        indexing,
        Searching(Searcher(store, shelf, ask), scores),
        lambda: settings.pgvector_url is not None or data.exists(),
        lambda: condition(settings.home, settings.pgvector_url),
    )


def _embedders(settings: Settings, endpoints: tuple[Endpoint, ...]) -> EmbedderShelf:
    host = parse_host(settings.ollama_host)
    wait = settings.connect_timeout

    def ollama(name: str) -> RemoteEmbedder:
        return RemoteEmbedder(
            ModelRef("ollama", name),
            lambda: ollama_client(
                name,
                url=host.url,
                key=lambda: settings.secret("OLLAMA_API_KEY"),
                direct=host.loopback,
                connect_timeout=wait,
            ),
            lambda exc: ollama_failure(exc, name, host),
            # The same rule as for chat models: these names run in Ollama's cloud.
            local=lambda: not name.endswith(("-cloud", ":cloud")) and asyncio.run(host.is_local()),
        )

    def speaking_openai(
        provider: str, base_url: str, variable: str | None, *, local: bool = False, compatible: bool = True
    ) -> Maker:
        url = checked_url(base_url, provider)

        def key() -> str | None:
            return checked_key(settings.secret(variable) if variable else None, provider, variable)

        def make(name: str) -> RemoteEmbedder:
            # The key is looked up when something failed, so that no object keeps it.
            def asked() -> Asked:
                secrets = (settings.secret(variable),) if variable else ()
                return Asked(provider, name, scrub(url), variable, wait, tuple(s for s in secrets if s))

            return RemoteEmbedder(
                ModelRef(provider, name),
                lambda: openai_client(
                    name, base_url=url, key=key, compatible=compatible, direct=local, connect_timeout=wait
                ),
                lambda exc: openai_failure(exc, asked()),
                local=lambda: local,
            )

        return make

    makers: dict[str, Maker] = {
        "ollama": ollama,
        "openai": speaking_openai("openai", settings.openai_base_url or OPENAI_URL, "OPENAI_API_KEY", compatible=False),
    }
    for e in endpoints:
        makers[e.name] = speaking_openai(e.name, e.base_url, e.api_key_env, local=e.local)
    return EmbedderShelf(makers, local_only=settings.local_only)
