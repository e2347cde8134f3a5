"""What the plots draw: the figures they were given, in points and percent, with names that stay text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.domain.intervals import Interval
from app.domain.standings import Standings, Strength, WinMatrix
from app.domain.verdicts import Verdict
from app.domain.votes import Votes
from app.evaluation.standing import Rules
from app.evaluation.units import units
from app.evaluation.verdict import Categories, decide
from app.i18n import translator
from app.services.plots import contestants as plots_contestants
from app.services.plots import data as plots_data
from app.services.plots import standings as plots_standings
from app.services.plots import verdict as plots
from app.services.plots.contestants import PhaseTimes, Point
from app.services.plots.style import CHALLENGER, INCUMBENT, colours, points, short
from app.services.results.slices import Slice

EN, KO = translator("en"), translator("ko")


def verdict(n: int = 80, names: tuple[str, ...] = ("faq", "법무 <i>")) -> Verdict:
    """The challenger (1) wins every question of the first category and loses every one of the second."""
    ints = np.arange(n, dtype=np.int32)
    of = (ints % len(names)).astype(np.int32)
    votes = Votes(
        ints,
        np.zeros(n, np.int32),
        np.ones(n, np.int32),
        np.zeros(n, np.int32),
        np.where(of == 0, -1, 1).astype(np.int8),
        np.ones(n, np.int8),
    )
    return decide(units(votes, 1, 0), Rules(), Categories(names, of), size=n, looks=True)


def traces(figure: Any, mode: str) -> list[Any]:
    return [t for t in figure.data if getattr(t, "mode", None) == mode]


def test_the_forest_has_a_point_for_each_category_and_one_for_all() -> None:
    found = verdict()
    marks = traces(plots.forest(found, EN), "markers")
    assert [t.x[0] for t in marks] == [100, -100, 0]
    assert [t.marker.color for t in marks[:2]] == [CHALLENGER, INCUMBENT]


def test_the_forest_draws_the_bounds_at_all_looks_thicker_than_those_for_one() -> None:
    found = verdict()
    bars = [t for t in traces(plots.forest(found, EN), "lines") if len(t.x) == 2]
    thin, thick = bars[0], bars[1]
    assert thick.line.width > thin.line.width
    first = found.categories[0]
    assert list(thick.x) == [100 * first.low, 100 * first.high]
    assert first.fixed is not None and list(thin.x) == [100 * first.fixed.low, 100 * first.fixed.high]


def test_a_category_that_looks_like_markup_stays_text() -> None:
    labels = [a.text for a in plots.forest(verdict(), EN).layout.annotations]
    assert any("법무 &lt;i&gt;" in label for label in labels)


def test_the_sequence_narrows_and_says_when_it_was_decided() -> None:
    found = verdict()
    finding = found.categories[0]
    figure = plots.looks(finding, found, KO)
    high, low, mean = figure.data
    assert list(mean.y) == [100 * look.mean for look in finding.looks]
    assert low.y[-1] > low.y[0] and high.y[-1] <= high.y[0]
    assert any(f"질문 {finding.decided_at}개 뒤" in str(a.text) for a in figure.layout.annotations)


def test_few_questions_are_counted_one_by_one() -> None:
    finding = verdict().categories[0]
    few = replace(finding, looks=finding.looks[:4])
    assert plots.looks(few, verdict(), EN).layout.xaxis.dtick == 1
    assert plots.looks(finding, verdict(), EN).layout.xaxis.dtick is None


def test_bars_add_up_to_a_hundred() -> None:
    parts = [Slice("a", 10, 10, 5, 3, 1, 1, None), Slice("b", 10, 0, 0, 0, 0, 0, None)]
    bars = plots.outcomes(parts, ["a", "b"], EN).data
    assert [sum(bar.x[n] for bar in bars) for n in range(2)] == [100, 0]
    assert {bar.name: bar.x[0] for bar in bars} == {"Won": 50, "Tied": 30, "Both bad": 10, "Lost": 10}


def standings() -> Standings:
    table = ((0, 3, 1), (2, 0, 4), (0, 0, 0))
    none = ((0, 1, 0), (1, 0, 0), (0, 0, 0))
    return Standings(
        (Strength(1, 0.4, 0.1, 0.7, 9), Strength(0, -0.4, -0.7, -0.1, 6), Strength(2, None, None, None, 0)),
        WinMatrix(table, none, none),
        15,
        2,
        10,
        "evalica",
        1000,
        1,
        False,
        0,
    )


def test_who_has_no_strength_is_not_drawn() -> None:
    figure = plots_standings.strengths(standings(), ["a", "b", "c"], ["#111", "#222", "#333"], EN)
    assert [t.x[0] for t in traces(figure, "markers")] == [0.4, -0.4]


def test_the_matrix_counts_ties_half_and_leaves_pairs_without_ratings_empty() -> None:
    figure = plots_standings.matrix(standings().matrix, ["a", "b", "c"], EN)
    z = figure.data[0].z
    assert z[0][1] == pytest.approx(100 * (3 + 0.5) / 6)
    assert z[1][0] == pytest.approx(100 - z[0][1])
    assert z[0][0] is None and z[2][2] is None
    assert z[0][2] == 100 and z[2][0] == 0


def quality(value: float) -> Interval:
    return Interval(value, value - 0.1, value + 0.1, 10, 10, "m")


def test_who_has_no_price_stands_apart_and_is_not_at_zero() -> None:
    given = [
        Point("dear", "#111", quality(0.6), 0.002, True),
        Point("cheap", "#222", quality(0.4), 0.0, True),
        Point("unknown", "#333", quality(0.5), None, None),
        Point("unrated", "#444", None, 0.001, None),
    ]
    figure = plots_contestants.pareto(given, "usd", EN)
    at = {t.name: t.x[0] for t in traces(figure, "markers")}
    assert set(at) == {"dear", "cheap", "unknown"} and at["unknown"] > at["dear"] > at["cheap"] == 0
    assert "unpriced" in [a.text for a in figure.layout.annotations]


def test_the_front_is_filled_and_what_is_beaten_is_hollow() -> None:
    given = [Point("a", "#111", quality(0.6), 1.0, True), Point("b", "#222", quality(0.4), 2.0, False)]
    symbols = {t.name: t.marker.symbol for t in traces(plots_contestants.pareto(given, "seconds", EN), "markers")}
    assert not symbols["a"].endswith("-open") and symbols["b"].endswith("-open")


def test_latency_shows_median_and_tail_of_the_phases_that_are_known() -> None:
    given = [PhaseTimes("a", "#111", {"total": (1.0, 3.0)}), PhaseTimes("b", "#222", {"decode": (0.5, 0.9)})]
    figure = plots_contestants.latency(given, EN)
    assert sorted(x for bar in figure.data for x in bar.x) == [0.5, 0.9, 1.0, 3.0]
    assert [a.text for a in figure.layout.annotations] == ["writing", "in all"]


def test_nothing_known_is_an_empty_plot_and_no_error() -> None:
    plots_contestants.latency([], EN)
    plots_contestants.pareto([], "usd", EN)
    plots.outcomes([], [], EN)
    plots.forest(decide(units(_none(), 1, 0), Rules(), looks=True), EN)


def _none() -> Votes:
    ints, codes = np.zeros(0, np.int32), np.zeros(0, np.int8)
    return Votes(ints, ints, ints, ints, codes, codes)


def test_the_two_of_the_verdict_have_the_same_colour_everywhere() -> None:
    found = colours(12, incumbent=3, challenger=0)
    assert found[0] == CHALLENGER and found[3] == INCUMBENT
    assert len(found) == 12 and found.count(CHALLENGER) == found.count(INCUMBENT) == 1


def test_points_carry_their_sign() -> None:
    assert [points(x, EN) for x in (0.045, -0.12, 0.0, None, -0.0001)] == ["+4.5", "−12", "0", "–", "0"]


def test_labels_are_cut_by_the_width_they_take() -> None:
    assert short("x" * 50, 10) == "x" * 10 + "…"
    assert short("가" * 50, 10) == "가" * 5 + "…"


def test_the_data_of_a_plot_come_as_csv_that_spreadsheets_read() -> None:
    found = verdict(names=("=cmd", "법무"))
    data = plots_data.as_csv(plots_data.findings(found))
    assert data.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["category"] for row in rows] == ["'=cmd", "법무", ""]
    assert [row["scope"] for row in rows] == ["category", "category", "all"]
    assert float(rows[0]["difference"]) == 1 and rows[0]["method"] and rows[0]["margin"] == "0.1"
    assert len(plots_data.looks(found.categories[0])) == len(found.categories[0].looks)
    assert plots_data.matrix(standings(), ["a", "b", "c"])[0] == {
        "contestant": "a",
        "against": "b",
        "won": 3,
        "tied": 1,
        "lost": 2,
        "both_bad": 1,
    }
