"""Embedding through a server: batched, retried, counted, and honest about what goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from app.domain.embedding import CountingEmbedder
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.models import ModelRef
from app.providers.embedding_faults import ollama_failure, openai_failure
from app.providers.ollama_host import parse_host
from app.providers.openai_faults import Asked
from app.retrieval.embeddings_clients import ollama_client, openai_client
from app.retrieval.embeddings_remote import RemoteEmbedder, prefixes
from tests.servers.base import free_port
from tests.servers.embedding_server import EmbeddingServer

KEY = "sk-test-0123456789abcdef"
BOTH = pytest.mark.parametrize("protocol", ["ollama", "openai"])


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


def embedder(server: EmbeddingServer | str, protocol: str, model: str = "embedder", **options) -> RemoteEmbedder:
    address = server if isinstance(server, str) else server.address
    options.setdefault("sleep", lambda seconds: None)
    if protocol == "ollama":
        host = parse_host(address)
        return RemoteEmbedder(
            ModelRef("ollama", model),
            lambda: ollama_client(model, url=host.url, key=lambda: KEY),
            lambda exc: ollama_failure(exc, model, host),
            local=lambda: True,
            **options,
        )
    asked = Asked("openai", model, f"{address}/v1", "OPENAI_API_KEY", 5.0, (KEY,))
    return RemoteEmbedder(
        ModelRef("openai", model),
        lambda: openai_client(model, base_url=f"{address}/v1", key=lambda: KEY),
        lambda exc: openai_failure(exc, asked),
        local=lambda: False,
        **options,
    )


@BOTH
def test_texts_come_back_as_unit_vectors_in_their_order(server: EmbeddingServer, protocol: str) -> None:
    texts = [f"word{n}" for n in range(10)]
    remote = embedder(server, protocol, batch=3)
    vectors = remote.embed(texts)
    assert vectors.shape == (10, 64) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert all(np.argmax(vectors @ remote.embed_query(text)) == n for n, text in enumerate(texts))


@BOTH
def test_batches_go_out_several_at_a_time(protocol: str) -> None:
    with EmbeddingServer(pause=0.05) as slow:
        embedder(slow, protocol, batch=2, parallel=3).embed([f"w{n}" for n in range(12)])
        assert sorted(map(len, slow.inputs)) == [2] * 6
        assert 1 < slow.most <= 3


@BOTH
def test_closing_ends_the_waiting_for_a_server_that_hangs(protocol: str) -> None:
    with EmbeddingServer(pause=60) as hanging:
        remote = embedder(hanging, protocol, batch=1, parallel=2)
        failures: list[Exception] = []

        def ask(call: Callable[[], object]) -> None:
            try:
                call()
            except UserError as exc:
                failures.append(exc)

        waiting = [
            threading.Thread(target=ask, args=(call,), daemon=True)
            for call in (lambda: remote.embed(["a", "b", "c"]), lambda: remote.embed_query("d"))
        ]
        for thread in waiting:
            thread.start()
        end = time.monotonic() + 10
        while len(hanging.requests) < 3:  # two batches of the first, and the question
            assert time.monotonic() < end
            time.sleep(0.01)
        remote.close()
        for thread in waiting:
            thread.join(2)
        assert [str(failure.args[0]).split(".")[0] for failure in failures] == ["Understudy is shutting down"] * 2
        with pytest.raises(UserError, match="shutting down"):
            remote.embed_query("e")
        assert len(hanging.requests) == 3


def test_the_wait_before_asking_again_ends_with_closing() -> None:
    with EmbeddingServer() as server:
        remote = embedder(server, "openai", "fault-busy-once", sleep=None)

        def ask() -> None:
            with pytest.raises(UserError):
                remote.embed_query("x")

        late = threading.Thread(target=ask, daemon=True)
        late.start()
        end = time.monotonic() + 10
        while not server.requests:
            assert time.monotonic() < end
            time.sleep(0.01)
        remote.close()
        late.join(3)  # the server had said seven seconds
        assert not late.is_alive()
    assert len(server.requests) == 1


def test_no_thread_is_left_when_all_is_asked(server: EmbeddingServer) -> None:
    before = threading.active_count()
    embedder(server, "ollama", batch=1).embed([f"w{n}" for n in range(20)])
    end = time.monotonic() + 5
    while threading.active_count() > before:
        assert time.monotonic() < end
        time.sleep(0.01)


@BOTH
def test_tokens_are_those_that_the_server_counted(server: EmbeddingServer, protocol: str) -> None:
    remote = embedder(server, protocol, batch=2)
    assert isinstance(remote, CountingEmbedder)
    assert remote.embed_counted(["one two", "three", "four five six"]).tokens == 6


@BOTH
def test_the_dimension_is_asked_once(server: EmbeddingServer, protocol: str) -> None:
    remote = embedder(server, protocol, "narrow")
    assert (remote.dimension, remote.dimension) == (8, 8)
    assert len(server.requests) == 1


@BOTH
def test_a_busy_server_is_asked_again_after_the_time_it_names(server: EmbeddingServer, protocol: str) -> None:
    waits: list[float] = []
    assert embedder(server, protocol, "fault-busy-once", sleep=waits.append).embed(["x"]).shape == (1, 64)
    assert waits == ([7.0] if protocol == "openai" else [0.5])


@BOTH
def test_a_server_that_stays_busy_is_given_up(server: EmbeddingServer, protocol: str) -> None:
    waits: list[float] = []
    with pytest.raises(ProviderError) as caught:
        embedder(server, protocol, "fault-busy", sleep=waits.append).embed(["x"])
    assert caught.value.kind is Fault.SERVER_BUSY
    assert waits == [0.5, 1.0, 2.0]


@BOTH
def test_a_passage_that_is_too_long_is_refused_and_not_cut(server: EmbeddingServer, protocol: str) -> None:
    with pytest.raises(ProviderError) as caught:
        embedder(server, protocol).embed(["word " * 1000])
    assert caught.value.kind is Fault.CONTEXT_OVERFLOW
    assert "--chunk-size" in str(caught.value.remedy)
    if protocol == "ollama":
        assert server.requests[0].json["truncate"] is False


@BOTH
def test_a_model_that_is_not_there_is_named_with_the_way_to_get_it(server: EmbeddingServer, protocol: str) -> None:
    with pytest.raises(ProviderError) as caught:
        embedder(server, protocol, "fault-unknown").embed(["x"])
    assert caught.value.kind is Fault.UNKNOWN_MODEL
    assert ("ollama pull" if protocol == "ollama" else "models list") in str(caught.value.remedy)


@BOTH
@pytest.mark.parametrize("model", ["fault-echo-key", "fault-401"])
def test_a_key_that_the_server_echoes_is_not_repeated(server: EmbeddingServer, protocol: str, model: str) -> None:
    remote = embedder(server, protocol, model)
    with pytest.raises(ProviderError) as caught:
        remote.embed(["x"])
    assert server.requests[0].key == KEY
    assert KEY not in str(caught.value) and KEY not in repr(remote)
    assert caught.value.__context__ is None


@BOTH
def test_nobody_there_says_where_it_looked(protocol: str) -> None:
    with pytest.raises(ProviderError) as caught:
        embedder(f"http://127.0.0.1:{free_port()}", protocol).embed(["x"])
    assert caught.value.kind is Fault.UNREACHABLE
    assert "127.0.0.1" in str(caught.value.message)


@BOTH
def test_too_few_vectors_are_noticed(server: EmbeddingServer, protocol: str) -> None:
    with pytest.raises(ProviderError, match="one vector a passage"):
        embedder(server, protocol, "fault-fewer").embed(["a", "b"])


def test_a_chat_model_of_ollama_is_named_as_such(server: EmbeddingServer) -> None:
    with pytest.raises(ProviderError, match="cannot embed: it is a chat model"):
        embedder(server, "ollama", "replay-embed-completion-model").embed(["x"])


@pytest.mark.parametrize(
    ("recording", "kind"),
    [("embed-too-long-truncate-false", Fault.CONTEXT_OVERFLOW), ("embed-unknown", Fault.UNKNOWN_MODEL)],
)
def test_what_a_real_ollama_refused_is_understood(server: EmbeddingServer, recording: str, kind: Fault) -> None:
    with pytest.raises(ProviderError) as caught:
        embedder(server, "ollama", f"replay-{recording}").embed(["x"])
    assert caught.value.kind is kind


def test_what_a_real_ollama_returned_is_read(server: EmbeddingServer) -> None:
    assert embedder(server, "ollama", "replay-embed").embed(["a", "b"]).shape == (2, 384)


def test_models_get_the_words_that_they_were_trained_with() -> None:
    assert prefixes("nomic-embed-text:v1.5") == ("search_document: ", "search_query: ")
    assert prefixes("hf.co/someone/multilingual-e5-large") == ("passage: ", "query: ")
    assert prefixes("text-embedding-3-small") == ("", "")


def test_a_key_from_the_environment_is_not_sent_to_another_server(server: EmbeddingServer, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-ours")
    client, _ = openai_client("embedder", base_url=f"{server.address}/v1", key=lambda: None, compatible=True)
    client.embed_documents(["x"])
    assert server.requests[0].key is None
    assert "openai-organization" not in server.requests[0].headers
    assert server.requests[0].json["encoding_format"] == "float"
    assert KEY not in repr(client)
