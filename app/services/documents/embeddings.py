"""Which embedding models a page offers: the one that is always there, then what the servers list."""

from __future__ import annotations

import re

from app.domain.models import ModelRef
from app.services.comparing.directory import Found

BUILTIN = ModelRef("builtin", "use-multilingual")
# A server of chat models lists speech and pictures too: of what does not chat, these names embed.
_EMBEDS = re.compile(r"embed|bge|\be5\b|gte|minilm", re.IGNORECASE)


def embedding_choices(found: Found, *, local_only: bool = False) -> list[ModelRef]:
    """The embedding models that can be used now, the built-in one first."""
    listed = [
        m.ref
        for m in found.models
        if not m.chat and (m.ref.provider == "ollama" or _EMBEDS.search(m.ref.name)) and (m.local or not local_only)
    ]
    return list(dict.fromkeys([BUILTIN, *listed]))
