"""The way to an Ollama server: one JSON answer, or the lines of a streamed one.

Plain HTTP and not the `ollama` package: its client refuses `truncate` and `shift`, and its types drop
what newer servers tell about a model (capabilities and context length in the list, remote host,
levels of thinking).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping

import httpx

from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.providers.ollama_errors import bad_wire, cut_stream, refusal, unreachable
from app.providers.ollama_host import OllamaHost
from app.providers.ollama_wire import object_of

# Seconds. Listing and describing models is disk work for the server, never a model's.
_READ_TIMEOUT = 15.0
_LONGEST_LINE = 8 * 1024 * 1024
_LONGEST_ERROR = 64 * 1024


class OllamaHttp:
    """Connections to one server. Every failure is a ProviderError, scrubbed of the key."""

    def __init__(self, host: OllamaHost, *, connect_timeout: float, api_key: Callable[[], str | None]) -> None:
        self.host = host
        self._api_key = api_key
        self._stream_timeout = httpx.Timeout(None, connect=connect_timeout)
        self._short_timeout = httpx.Timeout(_READ_TIMEOUT, connect=connect_timeout)
        self._client = httpx.AsyncClient(
            # Loading the system's certificates takes time that a plain http address need not pay.
            verify=host.url.startswith("https:"),
            # A company's HTTP_PROXY is not the way to this very machine.
            trust_env=not host.loopback,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, model: str = ""
    ) -> Mapping[str, object]:
        """The JSON object that the server answers. `model` is named in the error when there is none."""
        headers, content = self._headers(), None if body is None else _encoded(body)
        try:
            response = await self._client.request(
                method, self.host.url + path, content=content, headers=headers, timeout=self._short_timeout
            )
        except httpx.DecodingError:
            raise bad_wire("a broken compression") from None
        except httpx.TransportError as exc:
            raise unreachable(exc, self.host) from None
        answer = self._scrub(response.content)
        if response.status_code != 200:
            raise refusal(response.status_code, answer, response.headers, model, self.host)
        return object_of(answer)

    async def lines(self, path: str, body: Mapping[str, object], model: str) -> AsyncGenerator[bytes, None]:
        """The lines of a streamed answer, as bytes: httpx would paper over what is not UTF-8.

        Closing the iterator closes the connection, which frees the model on the server.
        """
        headers, content, rest = self._headers(), _encoded(body), b""
        try:
            async with self._client.stream(
                "POST", self.host.url + path, content=content, headers=headers, timeout=self._stream_timeout
            ) as response:
                if response.status_code != 200:
                    answer = self._scrub(await _beginning(response))
                    raise refusal(response.status_code, answer, response.headers, model, self.host)
                async for chunk in response.aiter_bytes():
                    *whole, rest = (rest + chunk).split(b"\n")
                    if len(rest) > _LONGEST_LINE:
                        raise bad_wire("a line without an end")
                    for line in whole:
                        if line.strip():
                            yield self._scrub(line)
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise unreachable(exc, self.host) from None
        except httpx.DecodingError:
            raise bad_wire("a broken compression") from None
        except httpx.TransportError:
            raise cut_stream() from None
        if rest.strip():
            yield self._scrub(rest)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _headers(self) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        if key := self._api_key():
            if not (key.isascii() and key.isprintable()):
                raise ProviderError(
                    Fault.WRONG_KEY,
                    Message("{variable} holds characters that no key has.", variable="OLLAMA_API_KEY"),
                    Message("Set it again, on one line and without quotes, or unset it."),
                )
            headers["authorization"] = f"Bearer {key}"
        return headers

    def _scrub(self, data: bytes) -> bytes:
        key = self._api_key()
        return data.replace(key.encode(), b"***") if key else data


def _encoded(body: Mapping[str, object]) -> bytes:
    # ASCII escapes carry half surrogates, which a person's clipboard can hold and UTF-8 cannot.
    return json.dumps(body).encode("ascii")


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LONGEST_ERROR:
            break
    return body
