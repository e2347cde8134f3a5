"""A document with its passages, at the place that a link led to."""

from __future__ import annotations

import streamlit as st

from app.services.comparing.injection import suspicious
from app.ui import document_text
from app.ui.document_actions import Action, DeleteDocument, Open
from app.ui.document_text import Numbered, Words
from app.ui.documents import Reading
from app.ui.prose import plain
from app.ui.text import speech, t, tn
from components.documents.collection import sure
from components.documents.listing import about_document, line

# Moves the window, which a stylesheet cannot: nothing of a document is in it. The page still grows
# while it is drawn, so it looks again until the mark has stayed in view.
_TO_MARK = """<script>{
  let tries = 30, calm = 0;
  const look = () => {
    const mark = document.querySelector(".us-reader mark"), box = mark?.getBoundingClientRect();
    if (box && box.top > 60 && box.top < innerHeight - 20) calm += 1;
    else { calm = 0; mark?.scrollIntoView({ block: "center" }); }
    if (calm < 3 && tries--) setTimeout(look, 100);
  };
  look();
}</script>"""


def documents_reader(reading: Reading, *, key: str) -> Action | None:
    record, document = reading.record, reading.document
    action: Action | None = None
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-reader-head"):
        if st.button(plain(record.collection), icon=":material/arrow_back:", type="tertiary", key=f"{key}-reader-back"):
            action = Open(record.collection)
        st.space("stretch")
        with st.popover(t("Delete"), icon=":material/delete:", key=f"{key}-reader-delete"):
            if sure(
                t("The document leaves the collection; your file stays where it is."),
                t("Delete {name}", name=plain(record.name)),
                key=f"{key}-reader-delete-sure",
            ):
                action = DeleteDocument(record.collection, record.id)
    st.title(plain(record.name), anchor=False)
    st.html(line(about_document(record)))
    parts = document_text.windows(document.text, reading.passages)
    part = parts[_part(parts, reading, key)]
    inside = [
        Numbered(n, p, suspicious(p.text) if _visible(p.start, p.end, part) else False)
        for n, p in enumerate(reading.passages, start=1)
    ]
    suspects = sum(n.suspect for n in inside)
    if suspects:
        st.warning(
            tn(
                "{n} passage here reads like instructions to a model. Models are given it as data, fenced.",
                "{n} passages here read like instructions to a model. Models are given them as data, fenced.",
                suspects,
            ),
            icon=":material/warning:",
        )
    words = Words(lambda page: t("Page {n}", n=speech().number(page)), _passage)
    with st.container(border=True, key=f"{key}-reader"):
        st.html(document_text.document_html(document.text, inside, document.page_starts, part, words, reading.place))
    if reading.place is not None:
        st.html(_TO_MARK, unsafe_allow_javascript=True)
    return action


def _part(parts: list[tuple[int, int]], reading: Reading, key: str) -> int:
    """Which screen of a long document is shown."""
    start = document_text.window_of(parts, reading.place[0]) if reading.place else 0
    if len(parts) == 1:
        return 0
    chosen = st.number_input(
        t("Part of {n}", n=speech().number(len(parts))),
        min_value=1,
        max_value=len(parts),
        value=start + 1,
        width=160,
        key=f"{key}-part-{reading.record.id}-{start}",
    )
    return int(chosen) - 1


def _visible(start: int, end: int, part: tuple[int, int]) -> bool:
    return start < part[1] and end > part[0]


def _passage(n: Numbered) -> str:
    p = n.passage
    parts = [t("Passage {n}", n=speech().number(n.number))]
    if p.page is not None:
        parts.append(t("page {n}", n=speech().number(p.page)))
    parts.append(t("characters {start}–{end}", start=speech().number(p.start), end=speech().number(p.end)))
    if p.heading:
        parts.append(p.heading)
    if n.suspect:
        parts.append(t("reads like instructions to a model"))
    return " · ".join(parts)
