"""LangChain's clients of embedding servers, with what they leave out: the usage, and no silent cutting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


class _Counter:
    """What the server counted in this thread since it was last asked; None when it did not say."""

    def __init__(self) -> None:
        self._here = threading.local()

    def note(self, tokens: object) -> None:
        self._here.tokens = tokens if isinstance(tokens, int) else None

    def __call__(self) -> int | None:
        tokens: int | None = getattr(self._here, "tokens", None)
        self._here.tokens = None
        return tokens


def openai_client(
    model: str,
    *,
    base_url: str | None,
    key: Callable[[], str | None],
    compatible: bool = False,
    direct: bool = False,
    connect_timeout: float = 5.0,
    timeout: float = 120.0,
) -> tuple[Embeddings, Callable[[], int | None]]:
    """LangChain's client of a server that speaks the OpenAI protocol.

    `key` is called at each request, and may raise ProviderError. `compatible`: not OpenAI's own.
    `direct`: no proxy of the environment, which is for the way out and not for the team's own machines.
    """
    import httpx2
    from langchain_openai import OpenAIEmbeddings
    from openai import DefaultHttpxClient, Omit, OpenAI

    counter = _Counter()
    patience = httpx2.Timeout(timeout, connect=connect_timeout)
    mounts = {"all://": None, "http://": None, "https://": None} if direct else None
    sdk = OpenAI(
        api_key="none",  # each request carries its own, or none
        base_url=base_url,
        timeout=patience,
        max_retries=0,
        # The SDK reads these from the environment; they are OpenAI's business alone.
        default_headers={"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()} if compatible else None,  # type: ignore[dict-item]
        http_client=DefaultHttpxClient(timeout=patience, mounts=mounts),
    )
    client = OpenAIEmbeddings(
        model=model,
        client=_CountedOpenAI(sdk.embeddings, counter, key),
        async_client=object(),  # or it would make one, with a key from the environment
        api_key="none",  # type: ignore[arg-type]
        check_embedding_ctx_length=False,  # or it would fetch an encoding over the network
        chunk_size=2048,
        # Servers that imitate OpenAI's know nothing of base64.
        model_kwargs={"encoding_format": "float"} if compatible else {},
    )
    return client, counter


class _CountedOpenAI:
    """LangChain drops the usage of an answer on its way: here it is noted. And here the key goes in."""

    def __init__(self, embeddings: Any, counter: _Counter, key: Callable[[], str | None]) -> None:
        self._embeddings, self._counter, self._key = embeddings, counter, key

    def create(self, **wanted: Any) -> Any:
        from openai import Omit

        key = self._key()
        headers = {"Authorization": f"Bearer {key}" if key else Omit()}
        response = self._embeddings.create(**wanted, extra_headers=headers)
        self._counter.note(getattr(response.usage, "prompt_tokens", None))
        return response


def ollama_client(
    model: str,
    *,
    url: str,
    key: Callable[[], str | None] = lambda: None,
    direct: bool = False,
    connect_timeout: float = 5.0,
) -> tuple[Embeddings, Callable[[], int | None]]:
    """LangChain's client of an Ollama server, told to refuse a text that is too long rather than cut it.

    `direct`: no proxy of the environment.
    """
    import httpx
    from langchain_ollama import OllamaEmbeddings

    counter = _Counter()
    secret = key()
    client = OllamaEmbeddings(
        model=model,
        base_url=url,
        client_kwargs={
            # Loading a large model comes before the first vector.
            "timeout": httpx.Timeout(300.0, connect=connect_timeout),
            "headers": {"Authorization": f"Bearer {secret}"} if secret else {},
            "trust_env": not direct,
        },
    )
    # No public way leads to `truncate`, without which Ollama cuts a long passage and says nothing.
    client._client = _CountedOllama(client._client, counter)  # type: ignore[assignment]
    return client, counter


class _CountedOllama:
    def __init__(self, client: Any, counter: _Counter) -> None:
        self._client, self._counter = client, counter

    def embed(self, model: str, texts: Sequence[str], **wanted: Any) -> Any:
        response = self._client.embed(model, texts, truncate=False, **wanted)
        self._counter.note(response.get("prompt_eval_count"))
        return response
