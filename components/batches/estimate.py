"""What a batch will take: a line a contestant and the sum, with what is not known said."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.services.batches.estimate import BatchEstimate, ContestantEstimate
from app.services.results.contestants import labels_of
from app.ui.text import speech, t, tn


def estimate_lines(estimate: BatchEstimate) -> None:
    labels = labels_of([c.contestant for c in estimate.contestants])
    rows = [[label, *_cells(c)] for label, c in zip(labels, estimate.contestants, strict=True)]
    heads = [t("Model"), t("Tokens in"), t("Tokens out"), t("Cost"), t("One answer")]
    st.html(table_html(heads, rows))
    st.html(f'<div class="us-line u-sum">{"".join(f"<span>{escape(part)}</span>" for part in _sum(estimate))}</div>')


def table_html(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column is text, the others numbers; cells may be HTML already where they begin with a tag."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="u-batch-table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cells(c: ContestantEstimate) -> list[str]:
    words = speech()
    out = {
        "measured": f"≈ {words.number(c.output_tokens or 0)}",
        "limit": f"≤ {words.number(c.output_tokens or 0)}",
        "unknown": t("not known"),
    }[c.output_from]
    cost = words.usd(c.usd) if c.usd is not None else t("not known") if c.priced else words.usd(None)
    return [
        words.number(c.input_tokens),
        out,
        f"≤ {cost}" if c.usd and c.output_from == "limit" else cost,
        words.seconds(c.seconds) if c.seconds is not None else t("not measured"),
    ]


def _sum(estimate: BatchEstimate) -> list[str]:
    words = speech()
    parts = [
        tn("{n} question", "{n} questions", estimate.questions),
        tn("{n} answer", "{n} answers", estimate.answers),
    ]
    unknown = ", ".join(estimate.unknown_cost)
    if estimate.usd and unknown:
        parts.append(t("{usd}, and what {models} costs", usd=words.usd(estimate.usd), models=unknown))
    elif unknown:
        parts.append(t("What {models} costs is not known.", models=unknown))
    else:
        parts.append(t("About {usd}", usd=words.usd(estimate.usd)))
    if unmeasured := [str(c.contestant.model) for c in estimate.contestants if c.priced and c.usd is None]:
        parts.append(
            t(
                "How long the answers of {models} are was never measured: ask once on the Compare page, or set Max"
                " tokens under Sampling, and the cost is known.",
                models=", ".join(dict.fromkeys(unmeasured)),
            )
        )
    if estimate.seconds is not None:
        parts.append(t("About {time}", time=words.seconds(estimate.seconds)))
    else:
        models = ", ".join(estimate.unknown_speed)
        parts.append(t("How long it takes is not known: nothing was measured of {models}.", models=models))
    if estimate.sources is None:
        parts.append(t("The sources could not be searched now: their tokens are not counted."))
    return parts
