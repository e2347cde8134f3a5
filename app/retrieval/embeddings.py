"""The embedding models by name, each made once: what indexing and search ask for a model's embedder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from app.domain.documents import Embedder
from app.domain.errors import UserError, local_only
from app.domain.message import Message
from app.domain.models import ModelRef
from app.retrieval.embeddings_remote import RemoteEmbedder
from app.retrieval.embeddings_requests import closing
from app.retrieval.embeddings_use import NAME, UseEmbedder

Maker = Callable[[str], Embedder]

BUILTIN = ModelRef("builtin", NAME)
# What a page offers beside the embedding models that an Ollama server lists.
KNOWN = (
    BUILTIN,
    ModelRef("openai", "text-embedding-3-small"),
    ModelRef("openai", "text-embedding-3-large"),
    ModelRef("ollama", "nomic-embed-text"),
)


class EmbedderShelf:
    """The `Embedders` of this process. `makers` make an embedder of a provider from a model's name.

    `local_only` refuses every model whose texts would leave the team's machines. Nothing is loaded
    and nobody asked before an embedder is used.
    """

    def __init__(self, makers: Mapping[str, Maker], *, local_only: bool = False) -> None:
        self._makers: dict[str, Maker] = {"builtin": builtin, **makers}
        self._local_only = local_only
        self._made: dict[ModelRef, Embedder] = {}
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, model: ModelRef) -> Embedder:
        """Raises UserError for a model that is not known, ProviderError for one that local-only mode refuses."""
        maker = self._makers.get(model.provider)
        if maker is None:
            raise unknown(model)
        with self._lock:
            embedder = self._made.get(model)
            if embedder is None:
                if self._closed:
                    raise closing()
                embedder = self._made[model] = maker(model.name)
        if self._local_only and not embedder.local:
            raise local_only(str(model))
        return embedder

    def close(self) -> None:
        """End the waiting for embedding servers, for good. Idempotent."""
        with self._lock:
            self._closed = True
            made = list(self._made.values())
        for embedder in made:
            if isinstance(embedder, RemoteEmbedder):
                embedder.close()


def builtin(name: str) -> Embedder:
    """Raises UserError for any name but the one there is."""
    if name != NAME:
        raise unknown(ModelRef("builtin", name))
    return UseEmbedder()


def unknown(model: ModelRef) -> UserError:
    return UserError(
        Message("There is no embedding model {model}.", model=str(model)[:200]),
        Message("Choose for example {names}.", names=", ".join(str(known) for known in KNOWN)),
    )
