"""What each contestant took and cost, quality set against both, and where the time goes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.services.plots import contestants as plots_contestants
from app.services.plots import data as plots_data
from app.services.plots.contestants import PhaseTimes, Point
from app.ui.results import Screen, look_all_the_same
from app.ui.results_tables import contestants, measures
from app.ui.text import speech, t
from components.results.parts import plot, table


def results_speed(screen: Screen) -> None:
    results, words = screen.found, speech()
    table(contestants(results, words, lengths=not screen.withheld), t("Contestants"), wide=False)
    st.caption(
        t(
            "Small: 95% intervals over questions. Speed and cost are of answers that were asked for here, not of "
            "copies; what is unpriced is unknown, not free. A local model's fee says nothing of its machine."
        )
    )
    data = partial(plots_data.quality, results.contestants, results.cheapest, results.fastest)
    if any(c.quality is not None for c in results.contestants):
        left, right = st.columns(2, gap="large")
        with left:
            plot(
                plots_contestants.pareto(_points(screen, "usd"), "usd", words),
                t("Quality and cost of an answer"),
                data,
                key="results-cost",
            )
        with right:
            plot(
                plots_contestants.pareto(_points(screen, "seconds"), "seconds", words),
                t("Quality and median time"),
                data,
                key="results-time",
            )
        st.caption(t("Filled: nobody is better in both. Upwards is preferred more, to the left cheaper or faster."))
    times = [
        PhaseTimes(c.label, colour, {p.name: (p.p50.value, p.p95.value) for p in c.phases})
        for c, colour in zip(results.contestants, screen.colours, strict=True)
    ]
    if any(time.seconds for time in times):
        plot(
            plots_contestants.latency(times, words),
            t("Where the time goes"),
            partial(plots_data.latency, results.contestants),
            key="results-latency",
        )
        st.caption(t("Full: the median. Light: 95% of the answers are within. Phases as the servers report them."))


def results_measures(screen: Screen) -> None:
    """A plain table: measures are no part of the verdict."""
    results = screen.found
    if screen.withheld:
        st.info(
            t(
                "People still rate this batch. Lengths and measures tell the models apart: whoever knows that one "
                "writes twice as much recognises it in the pair. Rate first; who does not rate can look."
            ),
            icon=":material/visibility_off:",
        )
        st.button(t("Show them all the same"), on_click=look_all_the_same, args=(screen,), key="results-look")
        return
    st.markdown(t("Counted by machine, to look at beside the verdict: **no measure is a part of it.**"))
    table(measures(results, speech()), t("Measures of the answers"), wide=False)
    with st.container(horizontal=True, vertical_alignment="center", key="results-measures-foot"):
        st.caption(t("Over complete answers; small: 95% intervals over questions."), width="stretch")
        st.download_button(
            t("CSV"),
            data=lambda: plots_data.as_csv(plots_data.measures(results.contestants)),
            file_name="understudy-results-measures.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key="results-measures-csv",
            help=t("The figures behind it"),
        )


def _points(screen: Screen, burden: plots_contestants.Burden) -> list[Point]:
    results = screen.found
    fronts = results.cheapest if burden == "usd" else results.fastest
    return [
        Point(c.label, colour, c.quality, c.usd_per_answer if burden == "usd" else c.seconds_p50, front)
        for c, colour, front in zip(results.contestants, screen.colours, fronts, strict=True)
    ]
