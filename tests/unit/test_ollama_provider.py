"""The `ollama` provider on a fake server: windows, loading, listing, status, fetching, faults of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TypeVar

import pytest

from app.domain.chat import ChatEvent, ChatMessage, ChatRequest, Finished, Notice, Sent, TextDelta
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.models import Sampling
from app.providers.ollama import OllamaProvider
from tests.contract.suite import KOREAN, THOUGHT, events_of, finished_of, shown, text_of, thinking_of
from tests.servers.base import free_port
from tests.servers.ollama_server import OllamaServer

T = TypeVar("T")


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


def using(server: OllamaServer, main: Callable[[OllamaProvider], Awaitable[T]], **more: Callable[[], str | None]) -> T:
    async def run() -> T:
        provider = OllamaProvider(server.address, **more)
        try:
            async with asyncio.timeout(15):
                return await main(provider)
        finally:
            await provider.aclose()

    return asyncio.run(run())


def question(
    model: str,
    sampling: Sampling = Sampling(),  # noqa: B008 - frozen
    prompt_tokens: int = 12,
    content: str = "When does it open?",
) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("user", content),), sampling, prompt_tokens=prompt_tokens)


def ask(server: OllamaServer, request: ChatRequest) -> list[ChatEvent]:
    return using(server, lambda provider: events_of(provider, request))


def failure(server: OllamaServer, request: ChatRequest, **more: Callable[[], str | None]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        using(server, lambda provider: events_of(provider, request), **more)
    return caught.value


def notices(events: list[ChatEvent]) -> str:
    return " ".join(str(e.message) for e in events if isinstance(e, Notice))


def windows(server: OllamaServer, model: str) -> list[object]:
    found: list[object] = []
    for body in server.bodies(model):
        options = body["options"]
        assert isinstance(options, dict)
        found.append(options.get("num_ctx"))
    return found


# Windows


def test_the_server_is_told_to_refuse_rather_than_cut(server: OllamaServer) -> None:
    ask(server, question("answer"))
    (body,) = server.bodies("answer")
    assert (body["truncate"], body["shift"]) == (False, False)


def test_a_longer_prompt_in_the_same_step_does_not_load_the_model_again(server: OllamaServer) -> None:
    for tokens in (10, 400, 900):
        ask(server, question("answer", prompt_tokens=tokens))
    assert server.loads == [("answer", 4096)]


def test_a_larger_loaded_window_is_kept(server: OllamaServer) -> None:
    server.loaded["answer"] = 8192
    events = ask(server, question("answer"))
    assert server.loads == []
    assert windows(server, "answer") == [8192]
    assert not notices(events)


def test_the_loaded_window_is_found_under_the_name_without_latest_and_with_it(server: OllamaServer) -> None:
    server.loaded["answer"] = 8192
    ask(server, question("answer:latest"))
    assert windows(server, "answer") == [8192]


def test_answers_that_start_together_look_once_at_what_is_loaded(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> None:
        await asyncio.gather(*(events_of(provider, question("answer")) for _ in range(4)))

    using(server, main)
    assert [r.path for r in server.requests].count("/api/ps") == 1
    assert server.calls["answer"] == 4


def test_a_prompt_that_outgrows_the_loaded_window_reloads_and_says_so(server: OllamaServer) -> None:
    server.loaded["answer"] = 2048
    events = ask(server, question("answer", prompt_tokens=3000))
    assert windows(server, "answer") == [8192]
    assert "2048" in notices(events)
    assert "8192" in notices(events)


def test_the_models_own_limit_is_never_passed(server: OllamaServer) -> None:
    ask(server, question("answer", prompt_tokens=50_000))
    assert windows(server, "answer") == [8192]


def test_a_low_estimate_is_corrected_by_the_servers_count_and_asked_once_more(server: OllamaServer) -> None:
    events = ask(server, question("dense", content="word " * 12))
    assert text_of(events)
    assert windows(server, "dense") == [4096, 16_384]
    assert "longer than estimated" in notices(events)
    last = [e for e in events if isinstance(e, Sent)][-1]
    assert last.body["options"] == {"num_ctx": 16_384}


def test_a_prompt_beyond_the_models_own_window_is_not_asked_twice(server: OllamaServer) -> None:
    error = failure(server, question("fault-overflow"))
    assert error.kind is Fault.CONTEXT_OVERFLOW
    assert server.calls["fault-overflow"] == 1


def test_a_second_refusal_is_the_answer(server: OllamaServer) -> None:
    error = failure(server, question("replay-chat-overflow-truncate-false"))
    assert error.kind is Fault.CONTEXT_OVERFLOW
    assert server.calls["replay-chat-overflow-truncate-false"] == 2


def test_what_an_old_server_cut_is_marked(server: OllamaServer) -> None:
    truncated = finished_of(ask(server, question("old-server", prompt_tokens=6000))).truncated
    assert "cut the prompt" in str(truncated)


def test_an_answer_that_fills_the_window_is_marked(server: OllamaServer) -> None:
    finished = finished_of(ask(server, question("small-window")))
    assert finished.finish == "length"
    assert "context window ended" in str(finished.truncated)


def test_the_cloud_is_not_told_a_window(server: OllamaServer) -> None:
    events = ask(server, question("fault-cloud"))
    assert "options" not in server.bodies("fault-cloud")[0]
    assert not notices(events)


# Loading, thinking, faults


def test_a_cold_start_is_said_while_waiting_and_measured_after(server: OllamaServer) -> None:
    events = ask(server, question("slow-load"))
    kinds = [type(e) for e in events]
    assert kinds[:3] == [Sent, Notice, TextDelta]
    assert "not in memory" in notices(events)
    load = finished_of(events).timing.load
    assert load is not None
    assert 1.4 < load < 3


def test_the_wait_for_another_answer_is_queue_and_not_load() -> None:
    with OllamaServer(parallel=1) as server:

        async def main(provider: OllamaProvider) -> list[Finished]:
            request = question("steady-40tps-1s")
            both = await asyncio.gather(events_of(provider, request), events_of(provider, request))
            return [finished_of(events) for events in both]

        queued = sorted(finished.timing.queued or 0.0 for finished in using(server, main))
    assert queued[0] < 0.3
    assert 0.7 < queued[1] < 2


def test_thinking_can_be_turned_off(server: OllamaServer) -> None:
    off = ask(server, question("thinker", Sampling(reasoning="none")))
    on = ask(server, question("thinker", Sampling(reasoning="high")))
    assert (thinking_of(off), text_of(off)) == ("", KOREAN)
    assert (thinking_of(on), text_of(on)) == (THOUGHT, KOREAN)
    assert [body.get("think") for body in server.bodies("thinker")] == [False, True]


def test_a_wish_that_the_model_cannot_follow_is_listed_as_not_sent(server: OllamaServer) -> None:
    (sent,) = [e for e in ask(server, question("levels", Sampling(reasoning="none"))) if isinstance(e, Sent)]
    assert "always thinks" in str(sent.not_sent["reasoning"])
    assert "think" not in sent.body


def test_all_tokens_spent_on_thinking_is_no_error_of_the_wire(server: OllamaServer) -> None:
    events = ask(server, question("fault-only-thinking", Sampling(max_tokens=24)))
    assert thinking_of(events)
    assert not text_of(events)
    finished = finished_of(events)
    assert (finished.finish, finished.truncated) == ("length", None)
    assert finished.usage is not None
    assert finished.usage.output == 24


def test_a_stream_that_ends_cleanly_but_without_done_is_cut(server: OllamaServer) -> None:
    assert failure(server, question("fault-cut")).kind is Fault.CUT_STREAM


def test_a_busy_server_answers_the_second_time(server: OllamaServer) -> None:
    assert failure(server, question("fault-503-then-ok")).retryable
    assert text_of(ask(server, question("fault-503-then-ok")))


def test_a_model_that_does_not_fit_into_memory_is_said_as_such(server: OllamaServer) -> None:
    error = failure(server, question("fault-memory"))
    assert error.kind is Fault.SERVER_ERROR
    assert "9.1 GiB" in str(error.message)
    assert "ollama ps" in str(error.remedy)


def test_an_embedding_model_is_said_not_to_chat(server: OllamaServer) -> None:
    assert "embedding" in str(failure(server, question("embedder")).message)


def test_an_unknown_model_is_found_out_before_it_is_asked(server: OllamaServer) -> None:
    error = failure(server, question("nope:1b"))
    assert "`ollama pull nope:1b`" in str(error.remedy)
    assert not server.bodies("nope:1b")


def test_a_key_that_the_server_echoes_is_not_repeated(server: OllamaServer) -> None:
    error = failure(server, question("fault-echo-key"), api_key=lambda: "very-secret-word-123")
    assert "of no use here" in str(error.message)
    assert "very-secret-word-123" not in shown(error)


def test_a_key_that_is_no_header_is_said_without_showing_it(server: OllamaServer) -> None:
    error = failure(server, question("answer"), api_key=lambda: "very-secret\nword")
    assert error.kind is Fault.WRONG_KEY
    assert "very-secret" not in shown(error)


def test_control_characters_and_a_megabyte_go_through(server: OllamaServer) -> None:
    odd = "\x00\x1b[31m\ud800 가" + "x" * 20_000
    events = ask(server, question("echo", prompt_tokens=6000, content=odd))
    assert "가" in text_of(events)
    assert failure(server, question("echo", content="가 " * 350_000)).kind is Fault.CONTEXT_OVERFLOW


def test_a_malformed_host_is_for_the_person_to_fix() -> None:
    with pytest.raises(UserError):
        OllamaProvider("ftp://nowhere")


# Listing


def test_models_are_listed_with_what_the_server_tells(server: OllamaServer) -> None:
    models = {m.ref.name: m for m in using(server, lambda provider: provider.models())}
    answer = models["answer:latest"]
    assert (answer.size, answer.quantization, answer.family, answer.parameters) == (
        98_362_745,
        "Q4_1",
        "llama",
        "134.52M",
    )
    assert answer.context_window == 8192
    assert answer.digest
    assert answer.local
    assert answer.chat


def test_embedding_models_are_listed_as_such_also_where_the_list_does_not_tell(server: OllamaServer) -> None:
    models = {m.ref.name: m for m in using(server, lambda provider: provider.models())}
    assert not models["embedder:latest"].chat
    assert not models["old-embedder:latest"].chat
    assert models["old-embedder:latest"].context_window == 512
    assert set(server.shows) == {"old-server", "old-embedder"}


def test_cloud_models_are_not_local(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> tuple[bool, bool]:
        listed = {m.ref.name: m.local for m in await provider.models()}
        return listed["fault-cloud:latest"], (await provider.capabilities("fault-cloud")).local

    assert using(server, main) == (False, False)


def test_many_askers_make_the_server_describe_a_model_once(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> None:
        await asyncio.gather(*(provider.capabilities("answer") for _ in range(20)))

    using(server, main)
    assert server.shows == ["answer"]


def test_an_asker_who_gives_up_does_not_take_the_answer_from_the_others(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> int | None:
        first = asyncio.create_task(provider.capabilities("answer"))
        second = asyncio.create_task(provider.capabilities("answer"))
        await asyncio.sleep(0)
        first.cancel()
        return (await second).context_window

    assert using(server, main) == 8192


def test_a_failed_description_is_not_remembered(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> bool:
        with pytest.raises(ProviderError):
            await provider.capabilities("new:1b")
        server.listed.append("new:1b")
        return (await provider.capabilities("new:1b")).local

    assert using(server, main)


# Status


def test_status_tells_version_address_and_models(server: OllamaServer) -> None:
    status = using(server, lambda provider: provider.status())
    assert status.ready
    assert "0.33.0-fake" in str(status.summary)
    assert status.models == len(server.listed)
    assert status.address == server.address


def test_a_server_without_models_says_how_to_get_one(server: OllamaServer) -> None:
    server.listed.clear()
    status = using(server, lambda provider: provider.status())
    assert not status.ready
    assert str(status.command).startswith("ollama pull ")


def test_a_server_that_is_down_says_how_to_start_it() -> None:
    async def main() -> tuple[str, str | None]:
        provider = OllamaProvider(f"127.0.0.1:{free_port()}")
        status = await provider.status()
        await provider.aclose()
        return str(status.remedy), status.command

    remedy, command = asyncio.run(main())
    assert "`ollama serve`" in remedy
    assert command == "ollama serve"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = b"<html>A router, not a model</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None: ...


def test_a_server_that_is_not_ollama_is_not_ready() -> None:
    page = HTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=page.serve_forever, args=(0.02,), daemon=True).start()

    async def main() -> tuple[bool, str]:
        provider = OllamaProvider(f"127.0.0.1:{page.server_port}")
        status = await provider.status()
        await provider.aclose()
        return status.ready, str(status.remedy)

    ready, remedy = asyncio.run(main())
    page.shutdown()
    page.server_close()
    assert not ready
    assert "OLLAMA_HOST" in remedy


# Fetching


async def _fetch(provider: OllamaProvider, name: str) -> list[tuple[str, int, int]]:
    return [(p.status, p.completed, p.total) async for p in provider.pull(name)]


def test_fetching_tells_its_progress_and_the_model_is_there(server: OllamaServer) -> None:
    async def main(provider: OllamaProvider) -> tuple[list[tuple[str, int, int]], list[str]]:
        steps = await _fetch(provider, "new:1b")
        return steps, [m.ref.name for m in await provider.models()]

    steps, names = using(server, main)
    assert steps[0][0] == "pulling manifest"
    assert ("pulling 941f309b54ca", 2000, 4000) in steps
    assert steps[-1][0] == "success"
    assert "new:1b" in names


@pytest.mark.parametrize(("name", "kind"), [("nope:1b", Fault.STREAM_ERROR), ("cut:1b", Fault.CUT_STREAM)])
def test_a_fetch_that_fails_is_an_error_although_http_says_200(server: OllamaServer, name: str, kind: Fault) -> None:
    with pytest.raises(ProviderError) as caught:
        using(server, lambda provider: _fetch(provider, name))
    assert caught.value.kind is kind


def test_a_fetch_that_fails_says_what_the_server_said(server: OllamaServer) -> None:
    with pytest.raises(ProviderError) as caught:
        using(server, lambda provider: _fetch(provider, "nope:1b"))
    assert "no such host" in str(caught.value.message)


# The fake itself


def test_the_fake_counts_the_chats_of_each_model(server: OllamaServer) -> None:
    ask(server, question("answer:latest"))

    async def main(provider: OllamaProvider) -> AsyncIterator[bytes] | bytes:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /__calls HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        writer.close()
        return body

    body = using(server, main)
    assert isinstance(body, bytes)
    assert json.loads(body)["calls"] == {"answer": 1}
