"""What indexing would make of a file, before it is indexed: how many passages, how long, the first of them."""

from __future__ import annotations

from decimal import Decimal
from html import escape

import streamlit as st

from app.domain.embedding import EmbeddingCost
from app.domain.errors import UnderstudyError
from app.domain.indexing import Preview
from app.ui.passages import preview as shortened
from app.ui.prose import plain_html
from app.ui.text import say, speech, t, tn
from components.problem import problem


def preview_view(found: Preview | UnderstudyError, *, share: float = 1.0, key: str) -> None:
    """`share` is what this file is of all that are to be indexed, by its size."""
    if isinstance(found, UnderstudyError):
        problem(found)
        return
    words = speech()
    parts = [tn("{n} passage", "{n} passages", found.passages)]
    if found.pages is not None:
        parts.append(tn("{n} page", "{n} pages", found.pages))
    parts.append(
        t(
            "{shortest}–{longest} characters, half of them up to {median}",
            shortest=words.number(found.shortest),
            longest=words.number(found.longest),
            median=words.number(found.median),
        )
    )
    parts.append(cost_words(found.cost))
    if found.cost.usd and 0 < share < 1:
        whole = found.cost.usd / Decimal(share)
        parts.append(t("all files about {usd}, going by their size", usd=words.usd(whole)))
    st.html(f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in parts if part)}</div>')
    for notice in found.notices:
        st.caption(say(notice))
    rows = "".join(
        f'<details{" open" if n <= 2 else ""}><summary><span class="us-cite">{n}</span> '
        f"<strong>{escape(chunk.heading or shortened(chunk.text, 60))}</strong> "
        f'<span class="us-preview">{escape(shortened(chunk.text, 90))}</span></summary>'
        f"{plain_html(chunk.text)}</details>"
        for n, chunk in enumerate(found.first, start=1)
    )
    with st.container(key=f"{key}-passages"):
        st.html(f'<div class="us-evidence">{rows}</div>')
    if found.passages > len(found.first):
        rest = found.passages - len(found.first)
        st.caption(tn("and {n} more passage", "and {n} more passages", rest))


def cost_words(cost: EmbeddingCost) -> str:
    """Empty for a model of our own, which costs nothing."""
    if cost.usd == 0:
        return ""
    if cost.usd is None:
        return t("embedding it is unpriced")
    return t("embedding it costs about {usd}", usd=speech().usd(cost.usd))
