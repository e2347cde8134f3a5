"""Where the Ollama server is: OLLAMA_HOST, read as the Ollama tools read it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx

from app.domain.errors import UserError
from app.domain.message import Message

DEFAULT_PORT = 11434
_PORTS = {"http": 80, "https": 443}
_LOOKUP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class OllamaHost:
    """`url` without a slash at its end; `name` is the bare host name or address."""

    url: str
    name: str

    @property
    def loopback(self) -> bool:
        if self.name == "localhost" or self.name.endswith(".localhost"):
            return True
        address = _address(self.name)
        return address is not None and address.is_loopback

    async def is_local(self) -> bool:
        """Whether text sent there stays on loopback or a private network; a name is looked up."""
        if self.loopback:
            return True
        literal = _address(self.name)
        if literal is not None:
            return not literal.is_global
        try:
            found = await asyncio.wait_for(
                asyncio.get_running_loop().getaddrinfo(self.name, None, type=socket.SOCK_STREAM), _LOOKUP_SECONDS
            )
        except (OSError, UnicodeError, TimeoutError):
            return False
        addresses = [_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
        return bool(addresses) and all(a is not None and not a.is_global for a in addresses)


def parse_host(text: str | None) -> OllamaHost:
    """Read OLLAMA_HOST: host, host:port, with or without scheme and path. Raises UserError.

    As in Ollama's envconfig: quotes and spaces around it are dropped, the port is 11434 without a
    scheme and 80 or 443 with one; an address that a server binds to (0.0.0.0, ::) means this machine.
    """
    raw = (text or "").strip().strip("\"'").strip()
    scheme, separator, rest = raw.partition("://")
    if not separator:
        # Ollama's own cloud is the one bare name that its tools reach by https.
        scheme, rest = ("https" if raw.rstrip("/") == "ollama.com" else "http"), raw
        port = _PORTS["https"] if scheme == "https" else DEFAULT_PORT
    else:
        scheme = scheme.lower()
        if scheme not in _PORTS:
            raise _malformed(raw)
        port = _PORTS[scheme]
    authority, _, path = rest.partition("/")
    if "@" in authority or any(c in rest for c in "?#\\") or any(c.isspace() or not c.isprintable() for c in rest):
        raise _malformed(raw)
    name, port = _split(authority, port, raw)
    bound = _address(name)
    if bound is not None and bound.is_unspecified:
        name = "127.0.0.1" if bound.version == 4 else "::1"
    shown = f"[{name}]" if ":" in name else name
    path = path.strip("/")
    url = f"{scheme}://{shown}:{port}" + (f"/{path}" if path else "")
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        raise _malformed(raw) from None
    return OllamaHost(url, name.lower())


def _split(authority: str, port: int, raw: str) -> tuple[str, int]:
    bare = _address(authority.removeprefix("[").removesuffix("]"))
    if bare is not None:
        return str(bare), port
    name, colon, digits = authority.rpartition(":")
    if not colon:
        name = authority
    elif digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) <= 65535:
        port = int(digits)
    else:
        raise _malformed(raw)
    if name.startswith("["):
        address = _address(name.removeprefix("[").removesuffix("]"))
        if address is None:
            raise _malformed(raw)
        return str(address), port
    if any(c in name for c in ":[]"):
        raise _malformed(raw)
    return name or "127.0.0.1", port


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _malformed(raw: str) -> UserError:
    # Whoever put a password there must not find it on the screen.
    shown = raw.rpartition("@")[2] if "@" in raw else raw
    return UserError(
        Message("OLLAMA_HOST is “{value}”, which is not the address of a server.", value=shown[:200]),
        Message("Set it to host:port, for example 127.0.0.1:11434 or https://ollama.example.com, without a user name."),
    )
