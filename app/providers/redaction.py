"""Keeps keys out of what people read: servers echo them in their errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "•••"

# What keys look like, for those we were never told of: OpenAI and its imitators, Google, Groq, Hugging Face, xAI.
_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_\-*.]{6,}"
    r"|\bAIza[A-Za-z0-9_\-]{16,}"
    r"|\b(?:gsk|hf|xai|nvapi)[_-][A-Za-z0-9_\-]{16,}"
)
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=\-]{6,}")
_IN_URL = re.compile(r"(?i)(\b[a-z][a-z0-9+.\-]*://)[^\s/@:]+(?::[^\s/@]*)?@")
_IN_QUERY = re.compile(r"(?i)([?&](?:api[_-]?key|key|token|access_token|secret)=)[^&\s\"'<>]+")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with every one of `secrets`, and all that looks like a key or a password in a URL, masked."""
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):
        text = text.replace(secret, MASK).replace(quote(secret, safe=""), MASK)
    text = _LOOKS_LIKE_A_KEY.sub(MASK, text)
    text = _BEARER.sub(rf"\1{MASK}", text)
    text = _IN_URL.sub(rf"\1{MASK}@", text)
    return _IN_QUERY.sub(rf"\1{MASK}", text)
