"""Which is better: the vote with its keys, and stars, tags, a comment and the rater's name beside it."""

from __future__ import annotations

from html import escape
from typing import Literal

import streamlit as st

from app.domain.comparisons import ComparisonRecord
from app.domain.ratings import TAGS, Outcome, Vote
from app.services.rating.voting import Ballot
from app.ui import cookies
from app.ui.links import RATE
from app.ui.text import t
from components.compare.contestants import LETTERS

RATER = "rater"


def rater() -> str:
    """The name that this browser's votes carry; empty is anonymous."""
    if RATER not in st.session_state:
        st.session_state[RATER] = cookies.read(RATER)
    return str(st.session_state[RATER] or "")


def rating_bar(
    record: ComparisonRecord | None,
    ballot: Ballot | None,
    *,
    running: bool,
    contestants: int = 2,
    stars_and_name: bool = True,
) -> Vote | Literal["reveal"] | None:
    """The bar is always there, so that nothing jumps when it comes to life. Returns what was pressed.

    A blind comparison that cannot be voted on offers to be revealed: nobody could lift the blind else.
    One of a batch is rated there, with the others and in their order.
    `stars_and_name` False: the page has another place for them.
    """
    ratable = {a.side for a in record.ratable} if record and not running else set()
    batch = record.batch if record else None
    stuck = record is not None and record.hidden and not running and len(ratable) < 2
    open_ = len(ratable) > 1 and batch is None
    pressed: tuple[str | None, Outcome | None] | None = None
    revealed = False
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center", key="rating-bar"):
        # A letter typed into the prompt box is text, never a vote; the style shows this while the box has the focus.
        keys = f"<small>{escape(t('Keys: press Tab first'))}</small>" if open_ else ""
        asked = escape(_question(record, ballot, running=running, open_=open_))
        st.html(f'<p class="u-ask"><span>{asked}</span>{keys}</p>', width="content")
        answers = record.by_side if record else ()
        sides = [a.side for a in answers] if record else list(range(contestants))
        two = len(sides) == 2
        for side in sides:
            won = ballot is not None and any(a.side == side and a.id == ballot.vote.best for a in answers)
            if st.button(
                t("{letter} is better", letter=LETTERS[side]) if two else LETTERS[side],
                key=f"vote-{side}",
                shortcut=str(side + 1),
                disabled=side not in ratable or not open_,
                type="primary" if won else "secondary",
            ):
                pressed = next(a.id for a in answers if a.side == side), None
        if _outcome(t("Tie"), "vote-tie", "T", Outcome.TIE, ballot, open_):
            pressed = None, Outcome.TIE
        if _outcome(t("Both bad") if two else t("All bad"), "vote-bad", "X", Outcome.BOTH_BAD, ballot, open_):
            pressed = None, Outcome.BOTH_BAD
        if stuck:
            revealed = st.button(
                t("Reveal the models"), icon=":material/visibility:", key="reveal", shortcut="V", type="primary"
            )
        elif batch is not None:
            st.page_link(RATE, label=t("Rate the batch"), icon=":material/how_to_vote:", query_params={"b": batch})
        elif _details(record, ballot, sorted(ratable), open_, stars_and_name) and ballot is not None:
            pressed = ballot.vote.best, ballot.vote.outcome
    if revealed:
        return "reveal"
    if pressed is None or record is None:
        return None
    return _vote(record, *pressed)


def _outcome(label: str, key: str, shortcut: str, outcome: Outcome, ballot: Ballot | None, open_: bool) -> bool:
    chosen = ballot is not None and ballot.vote.outcome is outcome
    return st.button(label, key=key, shortcut=shortcut, disabled=not open_, type="primary" if chosen else "secondary")


def _question(record: ComparisonRecord | None, ballot: Ballot | None, *, running: bool, open_: bool) -> str:
    if running:
        return t("Answering…")
    if record is not None and record.batch is not None:
        return t("Rated with its batch, in an order that nobody chooses")
    if record is not None and not open_ and len(record.answers) > 1:
        return t("A vote needs two complete answers")
    if ballot is not None:
        return t("Your vote, blind") if ballot.blind else t("Your vote")
    return t("Which is better?")


def _details(
    record: ComparisonRecord | None, ballot: Ballot | None, sides: list[int], open_: bool, stars_and_name: bool
) -> bool:
    """Returns whether changed details of a vote that is already cast are to be kept."""
    label = t("Add stars, tags, comment") if stars_and_name else t("Add tags, comment")
    with st.popover(label, icon=":material/rate_review:", type="tertiary", disabled=not open_, key="details"):
        if record is None or not open_:
            return False
        if stars_and_name:
            for answer in (a for a in record.by_side if a.side in sides):
                with st.container(horizontal=True, vertical_alignment="center", key=f"stars-row-{answer.side}"):
                    st.markdown(f"**{LETTERS[answer.side]}**")
                    stars(answer.id, ballot)
        tags, comment = f"tags-{record.id}", f"comment-{record.id}"
        if tags not in st.session_state:
            st.session_state[tags] = list(ballot.vote.tags) if ballot else []
            st.session_state[comment] = ballot.vote.comment if ballot else ""
        st.pills(
            t("About these answers"),
            list(TAGS),
            selection_mode="multi",
            format_func=tag_label,
            key=tags,
            persist_state="session",
        )
        st.text_area(t("Comment"), key=comment, max_chars=10_000, height=80, persist_state="session")
        if stars_and_name:
            rater()
            st.text_input(
                t("Your name"),
                key=RATER,
                max_chars=80,
                placeholder=t("anonymous"),
                on_change=remember_rater,
                persist_state="session",
            )
        if ballot is None:
            st.caption(t("All of this is saved when you vote."))
            return False
        return st.button(t("Keep"), key="keep-details", type="primary")


def stars(answer: str, ballot: Ballot | None) -> None:
    """The stars of one answer, as the vote that stands gave them; the next vote reads them."""
    key = f"stars-{answer}"
    if key not in st.session_state and ballot and (given := ballot.vote.stars.get(answer)):
        st.session_state[key] = given - 1
    st.feedback("stars", key=key, persist_state="session")


def remember_rater() -> None:
    """Keep the name for this browser's next visit."""
    cookies.write(RATER, rater())


def tag_label(tag: str) -> str:
    labels = {
        "wrong": t("wrong"),
        "incomplete": t("incomplete"),
        "unsupported": t("not in the sources"),
        "off_topic": t("off topic"),
        "too_long": t("too long"),
        "style": t("style"),
        "unsafe": t("unsafe"),
    }
    return labels.get(tag, tag)


def _vote(record: ComparisonRecord, best: str | None, outcome: Outcome | None) -> Vote:
    given = {a.id: st.session_state.get(f"stars-{a.id}") for a in record.ratable}
    return Vote(
        rater=rater(),
        best=best,
        outcome=outcome,
        stars={answer: int(n) + 1 for answer, n in given.items() if n is not None},
        tags=tuple(st.session_state.get(f"tags-{record.id}") or ()),
        comment=str(st.session_state.get(f"comment-{record.id}") or ""),
    )
