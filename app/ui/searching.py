"""The Search page's side of the session: its sides, what they found, how well they find. Nothing here draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st

from app.bootstrap import Container
from app.domain.documents import CollectionRecord, Mode
from app.domain.errors import UnderstudyError
from app.domain.searching import Hit, Labelled, SearchResult
from app.services.comparing import drafting
from app.services.documents.labelled import absent
from app.services.documents.listing import Listed
from app.services.documents.searching import MOST_SIDES, Measured, Side, SideBySide
from app.ui.search_state import prepare_search, read_search, search_key

_SIDES = "search-sides"
_FOUND = "search-found"
_MEASURED = "search-measured"

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class SideView:
    """One column: `owner` names its widgets, `record` is its collection as far as it is known."""

    number: int
    owner: str
    side: Side
    record: CollectionRecord | None


@dataclass(frozen=True, slots=True)
class SearchScreen:
    """All that the page draws in one run."""

    container: Container
    listed: Listed
    sides: tuple[SideView, ...]
    models: tuple[str, ...]

    @property
    def can_add(self) -> bool:
        return len(self.sides) < MOST_SIDES


def open_search(container: Container) -> SearchScreen:
    """What can be searched, and how it is about to be."""
    listed = container.collections.look(2.0)
    _prepare(listed)
    by_name = {record.name: record for record in listed.collections}
    sides = []
    for number, owner in enumerate(_owners()):
        collection = str(st.session_state.get(search_key(owner, "collection")) or "")
        if collection:
            sides.append(SideView(number, owner, Side(collection, read_search(owner)), by_name.get(collection)))
    models = tuple(str(m.ref) for m in drafting.connected(container.directory.look(0)))
    return SearchScreen(container, listed, tuple(sides), models)


def _owners() -> list[str]:
    return cast(list[str], st.session_state.setdefault(_SIDES, []))


def _prepare(listed: Listed) -> None:
    """The first sides of a session: one collection by both ways, or the first collections side by side."""
    if _owners() or not listed.collections:
        return
    names = listed.names
    add_side(names[0])
    if len(names) > 1:
        add_side(names[1])
    else:
        add_side(names[0], mode=Mode.DENSE.value)


def add_side(collection: str, **first: object) -> None:
    """One more column."""
    number = int(st.session_state.get("search-next", 0))
    st.session_state["search-next"] = number + 1
    owner = f"side-{number}"
    st.session_state[search_key(owner, "collection")] = collection
    prepare_search(owner, **first)
    _owners().append(owner)


def add_another(screen: SearchScreen) -> None:
    """One more column: another way for the same collection when it has not been taken, else as the last."""
    last = screen.sides[-1].side
    taken = {s.side.settings.mode for s in screen.sides if s.side.collection == last.collection}
    free = [m for m in (Mode.HYBRID, Mode.DENSE, Mode.KEYWORD) if m not in taken]
    add_side(last.collection, mode=(free or [last.settings.mode])[0].value, k=last.settings.k)


def remove_side(owner: str) -> None:
    if len(_owners()) > 1:
        _owners().remove(owner)


# One question


def find(screen: SearchScreen, query: str) -> SideBySide:
    """What each side finds; searched again only when the question or a setting changed. Raises UserError."""
    # What a collection holds belongs to it: a document that was added meanwhile may be what is looked for.
    holds = [(v.record.id, v.record.documents, v.record.passages) if v.record else None for v in screen.sides]
    wanted = (query, [view.side for view in screen.sides], holds)
    kept = st.session_state.get(_FOUND)
    if kept is None or kept[0] != wanted:
        kept = (wanted, screen.container.searching.side_by_side(query, wanted[1]))
        # A server that was down is asked again at the next run.
        if not any(isinstance(result, UnderstudyError) for result in kept[1].results):
            st.session_state[_FOUND] = kept
    return cast(SideBySide, kept[1])


def place_of(hit: Hit) -> Place:
    """What makes it the same passage in two collections."""
    return hit.passage.document, hit.passage.start, hit.passage.end


def ranks(found: SideBySide) -> list[dict[Place, int]]:
    """For each side the rank of every passage that it found."""
    return [
        {place_of(hit): hit.rank for hit in result.hits} if isinstance(result, SearchResult) else {}
        for result in found.results
    ]


# A labelled set


@dataclass(frozen=True, slots=True)
class Scored:
    """A measurement with what it was made of; `missing` are labelled documents by the collection without them."""

    views: tuple[SideView, ...]
    questions: int
    measured: tuple[Measured, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...]


def measure(
    screen: SearchScreen, questions: Sequence[Labelled], k: int, on_progress: Callable[[int, int], None]
) -> Scored:
    """How well each side finds what is labelled; kept until the next measurement. Raises UnderstudyError."""
    sides = [view.side for view in screen.sides]
    missing = []
    for name in dict.fromkeys(side.collection for side in sides):
        gone = absent(questions, (d.name for d in screen.container.passages.documents(name)))
        if gone:
            missing.append((name, gone))
    measured = screen.container.searching.measure(questions, sides, k, on_progress)
    scored = Scored(screen.sides, len(questions), measured, tuple(missing))
    st.session_state[_MEASURED] = scored
    return scored


def last_measured() -> Scored | None:
    return cast("Scored | None", st.session_state.get(_MEASURED))


def look_again(screen: SearchScreen) -> None:
    """While the document server has not answered yet: draw the page anew when it has."""
    if screen.listed.pending and screen.listed.problem is None:
        _waiting(screen.container)


@st.fragment(run_every=1.0)
def _waiting(container: Container) -> None:
    if not container.collections.look(0).pending:
        st.rerun()
