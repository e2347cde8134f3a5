"""Reads endpoints.toml: the further servers that speak the OpenAI protocol, each a provider of its own name.

[vllm]
base_url = "http://gpu:8000/v1"
api_key_env = "VLLM_API_KEY"   # the variable that holds the key; leave it out when the server needs none
local = true                   # text sent there stays with the team; by default so for private addresses
prices_as = "google"           # the provider whose list prices apply (genai-prices); unpriced without it
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.errors import UserError
from app.domain.message import Message
from app.providers.redaction import scrub

TAKEN = ("openai", "ollama", "gguf", "builtin")
KEYS = ("base_url", "api_key_env", "local", "prices_as")
_NAME = re.compile(r"[a-z0-9_-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOLDS_A_KEY = re.compile(r"api_?key|key|token|secret|password|authorization", re.IGNORECASE)
_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server. `prices_as` is a provider of the price list, None = unpriced unless local."""

    name: str
    base_url: str
    api_key_env: str | None = None
    local: bool = False
    prices_as: str | None = None


def load_endpoints(path: Path | None) -> tuple[Endpoint, ...]:
    """The endpoints in the order of the file; none when there is no file. Raises UserError naming file and line."""
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError:
        raise UserError(
            Message("{file} is not UTF-8 text.", file=str(path)), Message("Save it as UTF-8, or remove it.")
        ) from None
    except OSError as exc:
        raise UserError(
            Message("{file} cannot be read: {detail}", file=str(path), detail=exc.strerror or type(exc).__name__),
            Message("Make it a text file that this user may read, or remove it."),
        ) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = _LINE.search(str(exc))
        raise UserError(
            Message(
                "{file}: line {line} is not TOML: {detail}", file=str(path), line=_number(found), detail=_short(exc)
            ),
            Message('Write one block a server: [vllm], below it base_url = "http://gpu:8000/v1".'),
        ) from None
    return tuple(_Block(path, text, name, value).endpoint() for name, value in data.items())


def is_private(url: str) -> bool:
    """Whether a URL's host is this machine or one of a private network, as far as its name or number tells."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # A name without a dot resolves only inside the network.
        return bool(host) and (
            "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan", ".home.arpa"))
        )
    return address.is_loopback or address.is_private or address.is_link_local


class _Block:
    """One [name] of the file, on its way to an Endpoint."""

    def __init__(self, path: Path, text: str, name: str, value: object) -> None:
        self._path, self._text, self._name, self._value = path, text, name, value

    def endpoint(self) -> Endpoint:
        if not isinstance(self._value, Mapping):
            self._check_secret(self._name)
            raise UserError(
                Message(
                    "{file}, line {line}: {key} stands outside of any block.", **self._at(self._name), key=self._name
                ),
                Message("Put the server's name above it in brackets, for example [vllm]."),
            )
        block: Mapping[str, object] = self._value
        self._check_name()
        for key in block:
            self._check_key(key)
        local = block.get("local")
        if local is not None and not isinstance(local, bool):
            raise UserError(
                Message("{file}, line {line}: local is neither true nor false.", **self._at("local")),
                Message("Write true or false, without quotes."),
            )
        url = self._url(block)
        return Endpoint(
            self._name,
            url,
            self._variable(block),
            is_private(url) if local is None else local,
            self._string(block, "prices_as"),
        )

    def _check_name(self) -> None:
        if not _NAME.fullmatch(self._name):
            raise UserError(
                Message("{file}, line {line}: “{name}” cannot name a provider.", **self._at(), name=self._name[:80]),
                Message("Use small letters, digits, - and _ only, for example [lm-studio]."),
            )
        if self._name in TAKEN:
            raise UserError(
                Message("{file}, line {line}: {name} is a provider that is built in.", **self._at(), name=self._name),
                Message("Choose another one, for example [{name}-2].", name=self._name),
            )

    def _check_key(self, key: str) -> None:
        if key in KEYS:
            return
        self._check_secret(key)
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
        remedy = (
            Message("Did you mean {near}?", near=near[0])
            if near
            else Message("Known are: {keys}.", keys=", ".join(KEYS))
        )
        raise UserError(
            Message("{file}, line {line}: there is no setting “{key}”.", **self._at(key), key=key[:80]), remedy
        )

    def _check_secret(self, key: str) -> None:
        # Never quote the value: it may well be the key itself.
        if key != "api_key_env" and _HOLDS_A_KEY.fullmatch(key):
            raise UserError(
                Message(
                    "{file}, line {line}: {key} would hold the key itself, and keys do not belong in this file.",
                    **self._at(key),
                    key=key,
                ),
                Message(
                    'Set the key as an environment variable, and write its name here: api_key_env = "{variable}".',
                    variable=self._suggested_variable(),
                ),
            )

    def _variable(self, block: Mapping[str, object]) -> str | None:
        value = self._string(block, "api_key_env")
        if value is None:
            return None
        if not _VARIABLE.fullmatch(value) or scrub(value) != value:
            raise UserError(
                Message(
                    "{file}, line {line}: api_key_env is not the name of an environment variable.",
                    **self._at("api_key_env"),
                ),
                Message(
                    'If it is the key itself, take it out; write the variable\'s name, for example "{variable}".',
                    variable=self._suggested_variable(),
                ),
            )
        return value

    def _url(self, block: Mapping[str, object]) -> str:
        url = self._string(block, "base_url")
        if url is None:
            raise UserError(
                Message("{file}, line {line}: [{name}] has no base_url.", **self._at(), name=self._name),
                Message('Add the server\'s address, for example base_url = "http://gpu:8000/v1".'),
            )
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or any(c.isspace() for c in url):
            raise UserError(
                Message(
                    "{file}, line {line}: base_url is “{url}”, which is no http address.",
                    **self._at("base_url"),
                    url=scrub(url)[:200],
                ),
                Message("Write it in full, for example http://gpu:8000/v1."),
            )
        if "@" in parts.netloc:
            raise UserError(
                Message(
                    "{file}, line {line}: base_url holds a user or a password, and keys do not belong in this file.",
                    **self._at("base_url"),
                ),
                Message("Take it out, and name the variable that holds the key as api_key_env."),
            )
        return url.rstrip("/")

    def _string(self, block: Mapping[str, object], key: str) -> str | None:
        value = block.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise UserError(
                Message("{file}, line {line}: {key} is not a text in quotes.", **self._at(key), key=key),
                Message("Write it in quotes, or leave it out."),
            )
        return value.strip()

    def _suggested_variable(self) -> str:
        stem = re.sub(r"\W", "_", self._name.upper())
        return f"{stem}_API_KEY" if stem not in ("API_KEY", "KEY") else "VLLM_API_KEY"

    def _at(self, key: str | None = None) -> dict[str, str | int]:
        return {"file": str(self._path), "line": self._line(key)}

    def _line(self, key: str | None) -> int:
        """The line of the block, or of a key in it; 1 when TOML let it be written in a way we do not look for."""
        lines = self._text.splitlines()
        block = re.compile(rf"\s*\[\s*[\"']?{re.escape(self._name)}[\"']?\s*[\].]")
        start = next((i for i, line in enumerate(lines) if block.match(line)), 0)
        if key is None:
            return start + 1
        entry = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        return next((i for i in range(start, len(lines)) if entry.match(lines[i])), start) + 1


def _number(found: re.Match[str] | None) -> int:
    return int(found[1]) if found else 1


def _short(exc: Exception) -> str:
    # tomllib names characters and places, never a value.
    return str(exc).partition(" (at ")[0][:200]
