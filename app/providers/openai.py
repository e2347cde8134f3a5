"""The `openai` provider and every endpoint that speaks its protocol: one attempt a call, by the official SDK."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI, AsyncStream, DefaultAsyncHttpxClient, Omit, OpenAIError

from app.domain.chat import ChatEvent, ChatRequest, Sent
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.providers import openai_faults as faults
from app.providers import openai_profiles as profiles
from app.providers import openai_wire as wire
from app.providers.redaction import scrub

OPENAI_URL = "https://api.openai.com/v1"
# Listing models is quick everywhere; a server that takes longer is not well.
LISTING_TIMEOUT = 15.0
_USABLE_KEY = re.compile(r"[\x21-\x7e]+")


class OpenAIProvider:
    """A server that speaks the OpenAI protocol.

    `base_url` None is OpenAI's own. `key` is called at each request; `key_variable` is the
    environment variable that it comes from, None where the server needs no key (one that `key`
    returns nevertheless is sent). `compatible`: any other server, of whose models nothing is known;
    without it the rules of OpenAI's own API hold at whatever address (a company's gateway). `local`:
    it runs on machines of the team's own. `connect_timeout` in seconds; answers may take for ever,
    since patience is the caller's. Raises UserError when `base_url` is no http(s) address.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        key: Callable[[], str | None] = lambda: None,
        key_variable: str | None = None,
        local: bool = False,
        compatible: bool = False,
        connect_timeout: float = 5.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._url = checked_url(base_url or OPENAI_URL, name)
        self._key = key
        self._key_variable = key_variable
        self._local = local
        self._compatible = compatible
        self._connect_timeout = connect_timeout
        self._headers = dict(headers or {})
        self._client: AsyncOpenAI | None = None
        self._listed: dict[str, ModelInfo] = {}
        self._names = wire.COMPATIBLE_NAMES if compatible else wire.OPENAI_NAMES
        self._uncounted: set[str] = set()

    def __repr__(self) -> str:
        return f"OpenAIProvider({self._name!r}, {self.address!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def address(self) -> str:
        """The base URL, without a password that it may hold."""
        return scrub(self._url)

    async def status(self) -> ProviderStatus:
        try:
            models = await self.models()
        except ProviderError as error:
            key_is_why = error.kind in (Fault.NO_KEY, Fault.WRONG_KEY) and self._key_variable is not None
            command = faults.set_command(self._key_variable or "") if key_is_why else None
            return ProviderStatus(self._name, False, error.message, error.remedy, command, self.address)
        return ProviderStatus(
            self._name,
            True,
            Message("{provider} answers at {address}.", provider=self._name, address=self.address),
            Message("Nothing to do."),
            address=self.address,
            models=len(models),
        )

    async def models(self) -> Sequence[ModelInfo]:
        listing = await self._list()
        rows = listing.get("data") if isinstance(listing, Mapping) else None
        if not isinstance(rows, list):
            raise wire.bad_wire(Message("The server's list of models is none."))
        infos = [self._info(row) for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]
        # A gateway may list a model once a deployment.
        self._listed = {info.ref.name: info for info in infos}
        if self._compatible and any(isinstance(row, Mapping) and row.get("owned_by") == "vllm" for row in rows):
            self._names = wire.VLLM_NAMES
        return tuple(self._listed.values())

    async def capabilities(self, model: str) -> Capabilities:
        # The last listing serves: this is asked before every answer.
        info = self._listed.get(model)
        if self._compatible:
            return profiles.compatible_capabilities(
                local=self._local,
                context_window=info.context_window if info else None,
                retires=info.retires if info else None,
            )
        return profiles.openai_capabilities(model, retires=info.retires if info else None)

    async def chat(self, request: ChatRequest, capabilities: Capabilities | None = None) -> AsyncIterator[ChatEvent]:
        """One attempt. `capabilities`: what the model takes, where the caller knows better than this adapter."""
        headers, asked = self._authorised(request.model)
        taken = capabilities or await self.capabilities(request.model)
        body, not_sent = wire.body_of(request, taken, self._names, usage=request.model not in self._uncounted)
        yield Sent({name: value for name, value in body.items() if name != "messages"}, not_sent)
        reader = wire.ChunkReader(request.sampling.max_tokens)
        stream = await self._open(body, headers, asked)
        failure: ProviderError | None = None
        try:
            async for chunk in stream:
                for event in reader.read(chunk):
                    yield event
        except (OpenAIError, httpx2.HTTPError, ValueError) as exc:
            # An answer whose end was announced is whole, even when the count that should follow is lost.
            if reader.finish is None:
                failure = faults.failure_of(exc, asked, streaming=True)
        finally:
            await stream.close()
        if failure is not None:
            # Outside the except block: an SDK exception in __context__ may quote the key.
            raise failure
        yield reader.end()

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _open(
        self, body: dict[str, object], headers: Mapping[str, str | Omit], asked: faults.Asked
    ) -> AsyncStream[object]:
        # `post` rather than chat.completions.create: what we show as sent is then what goes out, fields
        # of other servers included, and a chunk stays the object on the wire.
        try:
            stream = await self._sdk().post(
                "/chat/completions",
                cast_to=object,
                body=body,
                options={"headers": headers},
                stream=True,
                stream_cls=AsyncStream[object],
            )
        except (OpenAIError, httpx2.HTTPError) as exc:
            failure = faults.failure_of(exc, asked, streaming=False)
        else:
            kind = stream.response.headers.get("content-type", "")
            if not kind.startswith(("text/html", "application/json")):
                return stream
            await stream.close()
            failure = wire.bad_wire(
                Message("The server answered with {type} instead of a stream.", type=kind.partition(";")[0])
            )
        if failure.kind is Fault.REFUSED_PARAMETER and "stream_options" in str(failure.message):
            failure = self._without_counting(asked.model)
        raise failure

    def _without_counting(self, model: str) -> ProviderError:
        """Some servers refuse to be asked for usage: the next attempt, and all after it, does not ask."""
        self._uncounted.add(model)
        return ProviderError(
            Fault.REFUSED_PARAMETER,
            Message("{model} does not count tokens while streaming.", model=model),
            Message("Ask again: it will not be asked to count, and tokens are estimated."),
            retryable=True,
            retry_after=0.0,
        )

    async def _list(self) -> object:
        headers, asked = self._authorised("")
        timeout = httpx2.Timeout(LISTING_TIMEOUT, connect=self._connect_timeout)
        try:
            return await self._sdk().get("/models", cast_to=object, options={"headers": headers, "timeout": timeout})
        except (OpenAIError, httpx2.HTTPError, ValueError) as exc:
            failure = faults.failure_of(exc, asked, streaming=False)
        raise failure

    def _authorised(self, model: str) -> tuple[dict[str, str | Omit], faults.Asked]:
        """The request's own headers, and what errors need to know. Raises ProviderError for lack of a usable key."""
        key = checked_key(self._key(), self._name, self._key_variable)
        secrets = (*self._headers.values(), *((key,) if key else ()))
        asked = faults.Asked(self._name, model, self.address, self._key_variable, self._connect_timeout, secrets)
        return {"Authorization": f"Bearer {key}" if key else Omit()}, asked

    def _sdk(self) -> AsyncOpenAI:
        if self._client is None:
            timeout = httpx2.Timeout(None, connect=self._connect_timeout)
            # A proxy from the environment is for the way out, never for the team's own machines.
            direct = {"all://": None, "http://": None, "https://": None} if self._local else None
            ours: dict[str, str | Omit] = {}
            if self._compatible:
                # The SDK reads these from the environment; they are OpenAI's business alone.
                ours = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
            ours.update(self._headers)
            self._client = AsyncOpenAI(
                api_key="none",  # each request carries its own, or none
                base_url=self._url,
                timeout=timeout,
                max_retries=0,
                default_headers=ours,  # type: ignore[arg-type]  # the SDK takes Omit here, its hint does not say so
                http_client=DefaultAsyncHttpxClient(timeout=timeout, mounts=direct),
            )
        return self._client

    def _info(self, row: Mapping[str, object]) -> ModelInfo:
        name = str(row["id"])
        meta = row.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        # llama.cpp: meta.n_ctx; vLLM: max_model_len; LM Studio and OpenRouter: the next two.
        windows = (
            meta.get("n_ctx"),
            row.get("max_model_len"),
            row.get("max_context_length"),
            row.get("context_length"),
        )
        size = meta.get("size")
        return ModelInfo(
            ModelRef(self._name, name),
            size=size if isinstance(size, int) else None,
            context_window=next((w for w in windows if isinstance(w, int) and w > 0), None),
            retires=_date(row.get("shutdown_date")),
            local=self._local,
            chat=profiles.chats(name, compatible=self._compatible),
        )


def checked_key(key: str | None, provider: str, variable: str | None) -> str | None:
    """`key`, if it can be sent. Raises ProviderError when it cannot, or when `variable` should hold one."""
    if key is None and variable is not None:
        raise faults.no_key(variable)
    if key is not None and not _USABLE_KEY.fullmatch(key):
        raise faults.unusable_key(variable or "api_key")
    return key


def checked_url(base_url: str, name: str) -> str:
    """`base_url` without a slash at its end. Raises UserError when it is no http(s) address."""
    url = base_url.strip().rstrip("/")
    host = None
    with suppress(ValueError):
        parts = urlsplit(url)
        # Reading the port is what checks it.
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else None
    if not host or any(c.isspace() for c in url):
        raise UserError(
            Message(
                "The base URL of {provider} is “{url}”, which is no http address.", provider=name, url=scrub(url)[:200]
            ),
            Message("Write it in full, for example http://gpu:8000/v1."),
        )
    return url


def _date(value: object) -> date | None:
    """A day from an ISO date or time; None for anything else."""
    with suppress(ValueError):
        return date.fromisoformat(str(value)[:10])
    return None
