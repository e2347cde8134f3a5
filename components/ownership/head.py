"""Above the costs: what to begin with, how much is asked, and in which currency."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import streamlit as st

from app.domain.ownership import Currency
from app.services.results.service import Results
from app.ui.links import VERDICT
from app.ui.ownership import Action, Begin, Change, Screen, rate
from app.ui.text import t
from app.ui.verdict import BATCH
from components.documents.listing import line


def ownership_head(screen: Screen, *, key: str) -> Action | None:
    action: Action | None = None
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        st.title(t("Cost of ownership"), anchor=False)
        st.space("stretch")
        if screen.results is not None:
            if st.button(t("Begin with what was measured"), icon=":material/speed:", type="tertiary", key=f"{key}-own"):
                action = Begin(measured=True)
            st.page_link(
                VERDICT, label=t("Verdict"), icon=":material/gavel:", query_params={BATCH: screen.results.batch.id}
            )
        if st.button(
            t("Begin with the reference table"),
            icon=":material/table:",
            type="tertiary",
            help=t("10,000 conversations a month: API $20; a GPU bought for $800 and $10; rented $50; a CPU $0."),
            key=f"{key}-reference",
        ):
            action = Begin(measured=False)
    if screen.results is not None:
        st.html(line(_about(screen.results)))
    else:
        st.caption(
            t(
                "An example, from a reference table: write your own figures below, or come here from a verdict to begin"
                " with what was measured."
            )
        )
    return _controls(screen, key) or action


def _about(results: Results) -> list[str]:
    return [
        results.batch.name,
        t("API: {name}", name=results.incumbent.label),
        t("another API: {name}", name=results.challenger.label)
        if results.challenger.local is False
        else t("on machines: {name}", name=results.challenger.label),
    ]


def _controls(screen: Screen, key: str) -> Change | None:
    kept, turn = screen.kept, screen.kept.turn
    exchange = kept.sheet.exchange
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-controls"):
        volume = st.number_input(
            t("Conversations a month"),
            min_value=0,
            max_value=1_000_000_000,
            value=int(screen.volume),
            step=1000,
            width=190,
            key=f"{key}-volume-{turn}",
        )
        currency = st.segmented_control(
            t("Currency"), get_args(Currency), default=kept.currency, required=True, key=f"{key}-currency-{turn}"
        )
        won = st.number_input(
            t("Won a dollar"),
            min_value=1.0,
            max_value=1_000_000.0,
            value=float(exchange.krw_per_usd),
            step=10.0,
            format="%g",
            width=140,
            key=f"{key}-rate-{turn}",
        )
        dated = st.date_input(
            t("Rate of"),
            value=exchange.as_of,
            width=150,
            help=t("Empty: a round figure that nobody looked up."),
            key=f"{key}-dated-{turn}",
        )
    if volume != int(screen.volume):
        return Change([("workload.conversations", "likely", Decimal(volume))])
    if currency and currency != kept.currency:
        return Change(currency=currency)
    new = rate(won, dated or None)
    if float(new.krw_per_usd) != float(exchange.krw_per_usd) or new.as_of != exchange.as_of:
        return Change(exchange=new)
    return None
