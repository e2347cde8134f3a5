"""How well each side finds what is labelled: a set is given, measured, shown as table and plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from app.domain.errors import UnderstudyError, UserError
from app.domain.searching import Estimate, Labelled
from app.services.documents.labelled import read_labelled
from app.services.questions import samples as sample_questions
from app.services.questions.reading import MOST_BYTES
from app.ui import searching
from app.ui.searching import Scored, SearchScreen
from app.ui.text import speech, t, tn
from components.compare.contestants import LETTERS
from components.compare.panes import COLORS
from components.problem import problem
from components.search.sides import side_words
from components.uploader import uploader_words

_KINDS = ("csv", "tsv", "jsonl", "json")
_MAX_MB = MOST_BYTES // 1_000_000


def search_scores(screen: SearchScreen) -> None:
    """Take a set, measure when asked to, show the last measurement."""
    questions = _set()
    with st.container(horizontal=True, vertical_alignment="bottom", key="measure-row"):
        k = st.slider(t("Passages that count (k)"), 1, 20, 5, key="measure-k", width=280, persist_state="session")
        pressed = st.button(
            t("Measure"), icon=":material/straighten:", type="primary", key="measure", disabled=not questions
        )
    if pressed and questions:
        bar = st.progress(0.0, text=t("Searching…"))
        try:
            searching.measure(screen, questions, k, lambda done, total: _show(bar, done, total))
        except UnderstudyError as error:
            problem(error)
        bar.empty()
    scored = searching.last_measured()
    if scored is not None:
        _scored(scored)


def _set() -> tuple[Labelled, ...]:
    """The questions of the file that was given; none when it cannot be read, which is said."""
    uploader_words("labelled", max_mb=_MAX_MB, kinds=_KINDS)
    given = st.file_uploader(
        t("Questions and the documents that answer them"),
        type=list(_KINDS),
        key="labelled",
        max_upload_size=_MAX_MB,
        help=t("CSV with the columns question, document, page (a page may be left out), or JSON lines."),
    )
    with st.container(horizontal=True, vertical_alignment="center", key="samples-row"):
        sample = st.toggle(
            t("Sample questions"),
            key="labelled-sample",
            help=t("20 questions on the sample collection, in English and Korean."),
            disabled=given is not None,
            persist_state="session",
        )
        st.download_button(
            t("Download them"),
            data=sample_questions.labelled_csv().encode("utf-8-sig"),
            file_name=sample_questions.LABELLED,
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
            key="labelled-template",
        )
    if given is None and not sample:
        return ()
    try:
        if given is not None:
            questions = read_labelled(given.name, given.getvalue())
        else:
            questions = read_labelled(sample_questions.LABELLED, sample_questions.labelled_csv().encode())
    except UserError as error:
        problem(error)
        return ()
    st.caption(tn("{n} question", "{n} questions", len(questions)))
    return questions


def _show(bar: object, done: int, total: int) -> None:
    words = speech()
    text = t("{done} of {total} searches", done=words.number(done), total=words.number(total))
    bar.progress(done / total, text=text)  # type: ignore[attr-defined]


def _scored(scored: Scored) -> None:
    for name, documents in scored.missing:
        shown = ", ".join(documents[:5]) + (" …" if len(documents) > 5 else "")
        st.warning(t("Not in “{name}”, so never found: {documents}", name=name, documents=shown))
    rows = [_row(scored, n) for n in range(len(scored.measured))]
    st.dataframe(rows, hide_index=True, key="measured-table")
    st.plotly_chart(_plot(scored), key="measured-plot", config={"displayModeBar": False})
    first = scored.measured[0].scores.recall
    with st.container(horizontal=True, vertical_alignment="center", key="measured-foot"):
        st.caption(
            t(
                "{n} questions; {level} intervals from {resamples} bootstrap resamples of the questions (seed {seed}).",
                n=first.n,
                level=speech().percent(first.level),
                resamples=speech().number(first.resamples),
                seed=str(first.seed),
            )
        )
        st.download_button(
            t("Download the figures"),
            data=as_csv(scored).encode("utf-8-sig"),
            file_name="understudy-retrieval.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key="measured-csv",
        )


def _metrics(scored: Scored, n: int) -> list[tuple[str, Estimate]]:
    scores = scored.measured[n].scores
    return [(f"Recall@{scores.k}", scores.recall), (f"MRR@{scores.k}", scores.mrr), (f"nDCG@{scores.k}", scores.ndcg)]


def _row(scored: Scored, n: int) -> dict[str, str]:
    words, view = speech(), scored.views[n]
    cells = {name: _with_interval(estimate) for name, estimate in _metrics(scored, n)}
    return {
        " ": LETTERS[view.number],
        **cells,
        t("Median time"): words.seconds(scored.measured[n].seconds),
        t("Collection"): view.side.collection,
        t("Settings"): side_words(view),
    }


def _with_interval(estimate: Estimate) -> str:
    number = speech().number
    return f"{number(estimate.value, 3)} ({number(estimate.low, 2)}–{number(estimate.high, 2)})"


def _plot(scored: Scored) -> go.Figure:
    """A point with its interval for each side and metric; the middle tones are read on white and on black."""
    figure = go.Figure()
    for n, view in enumerate(scored.views):
        metrics = _metrics(scored, n)
        values = [estimate.value for _, estimate in metrics]
        figure.add_trace(
            go.Scatter(
                x=values,
                y=[n * 0.22 + m for m in range(len(metrics))],
                name=f"{LETTERS[view.number]} · {view.side.collection} · {side_words(view)}",
                mode="markers",
                marker={"size": 11, "color": COLORS[view.number], "symbol": ("circle", "diamond", "square")[n % 3]},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [estimate.high - estimate.value for _, estimate in metrics],
                    "arrayminus": [estimate.value - estimate.low for _, estimate in metrics],
                    "thickness": 2,
                    "width": 5,
                    "color": COLORS[view.number],
                },
                customdata=[_with_interval(estimate) for _, estimate in metrics],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    middle = (len(scored.views) - 1) * 0.11
    names = [name for name, _ in _metrics(scored, 0)]
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".1f", showgrid=True, zeroline=False)
    figure.update_yaxes(
        tickvals=[middle + m for m in range(len(names))],
        ticktext=names,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(
        height=90 + 80 * len(names),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
    return figure


def as_csv(scored: Scored) -> str:
    """A line for each side and metric, with what is needed to make the interval again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for n, (view, measured) in enumerate(zip(scored.views, scored.measured, strict=True)):
        settings, record = view.side.settings, view.record
        about: Sequence[object] = (
            LETTERS[view.number],
            view.side.collection,
            record.collection.embedding if record else "",
            settings.mode.value,
            settings.fusion.value if settings.mode == "hybrid" else "",
            settings.mmr,
            measured.scores.k,
        )
        for name, e in _metrics(scored, n):
            figures = (e.value, e.low, e.high, e.level, e.n, e.resamples, e.seed, measured.seconds)
            writer.writerow([*about, name.partition("@")[0].lower(), *figures])
    return out.getvalue()


_COLUMNS = (
    "side",
    "collection",
    "embedding",
    "mode",
    "fusion",
    "mmr",
    "k",
    "metric",
    "value",
    "low",
    "high",
    "level",
    "questions",
    "resamples",
    "seed",
    "median_seconds",
)
