"""How the votes fell: by category with its bounds, question by question, by language, and who beat whom."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.domain.verdicts import Finding
from app.services.decision.words import category_name
from app.services.plots import data as plots_data
from app.services.plots import standings as plots_standings
from app.services.plots import verdict as plots
from app.ui.prose import plain
from app.ui.results import Screen
from app.ui.results_tables import parts
from app.ui.text import say, speech, t
from components.results.parts import plot, table


def results_categories(screen: Screen) -> None:
    """The bounds by category, and how they closed in."""
    if _nothing(screen):
        return
    verdict, words = screen.found.verdict, speech()
    plot(
        plots.forest(verdict, words),
        t("Difference in points, by category"),
        partial(plots_data.findings, verdict),
        key="results-forest",
    )
    st.caption(
        t(
            "REPLACE needs the whole thick line to the right of the dotted one, the margin of {points} points; KEEP "
            "all of it to the left. Thick: bounds at all looks. Thin: for one look alone.",
            points=f"{100 * verdict.margin:g}",
        )
    )
    shown = [f for f in (*verdict.categories, verdict.overall) if len(f.looks) > 1]
    if shown:
        _sequence(screen, shown)


def _sequence(screen: Screen, shown: list[Finding]) -> None:
    verdict = screen.found.verdict
    chosen = 0
    if len(shown) > 1:
        chosen = st.selectbox(
            t("Question by question"),
            range(len(shown)),
            format_func=lambda n: plain(say(category_name(shown[n].category))),
            key="results-sequence",
            persist_state="session",
            width=380,
        )
    finding = shown[min(chosen, len(shown) - 1)]
    plot(
        plots.looks(finding, verdict, speech()),
        t("How the bounds closed in: {name}", name=plain(say(category_name(finding.category)))),
        partial(plots_data.looks, finding),
        key="results-looks",
    )
    st.caption(t("The line is the difference so far, the band holds at all looks, the dashed line is the margin."))


def results_votes(screen: Screen) -> None:
    """Shares of the ratings, and with more than two contestants where each of them stands."""
    if _nothing(screen):
        return
    results, words = screen.found, speech()
    names = [say(category_name(part.name)) for part in results.by_category]
    plot(
        plots.outcomes(results.by_category, names, words),
        t("How the votes fell, by category"),
        partial(plots_data.slices, results.by_category, "category"),
        key="results-outcomes",
    )
    languages = [_language(part.name) for part in results.by_language]
    plot(
        plots.outcomes(results.by_language, languages, words),
        t("How the votes fell, by language of the question"),
        partial(plots_data.slices, results.by_language, "language"),
        key="results-languages",
    )
    table(parts(results.by_language, languages, words), t("How the votes fell, by language of the question"))
    st.caption(t("Languages are no part of the verdict: their bounds are for one look, and for each language alone."))
    if len(results.contestants) > 2 and results.standings is not None:
        _standings(screen)


def _standings(screen: Screen) -> None:
    standings, words = screen.found.standings, speech()
    assert standings is not None
    plot(
        plots_standings.strengths(standings, screen.names, screen.colours, words),
        t("Strength of each contestant"),
        partial(plots_data.strengths, standings, screen.names),
        key="results-strengths",
    )
    st.caption(
        t(
            "Bradley–Terry by {solver}: bounds from {resamples} draws of the questions. The mean of all is 0. The best "
            "of several counts here, and not in the verdict.",
            solver=plain(standings.solver),
            resamples=words.number(standings.resamples),
        )
    )
    if standings.eased:
        st.caption(t("Somebody won or lost every pair: half a tie was added to each pair, or no strength were finite."))
    plot(
        plots_standings.matrix(standings.matrix, screen.names, words),
        t("Who is preferred to whom"),
        partial(plots_data.matrix, standings, screen.names),
        key="results-matrix",
    )
    st.caption(t("How often the row is preferred to the column, ties half; both-bad ratings are left out."))


def _nothing(screen: Screen) -> bool:
    if screen.found.ballots.ratings:
        return False
    st.caption(t("There is nothing to draw before the first rating."))
    return True


def _language(tag: str) -> str:
    match tag:
        case "ko":
            return t("Korean")
        case "en":
            return t("English")
        case "":
            return t("Language not known")
        case _:
            return tag
