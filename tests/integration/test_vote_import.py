"""Votes from files: sheets that were filled in, exports, what other tools have collected."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.ratings import Outcome
from app.services.export.comparisons import Exporting
from app.services.rating.importing import VoteImport, VotesImported
from app.services.rating.sheet import sheet
from tests.integration.evaluated import BATCH, MODELS
from tests.integration.queued import Queued, queued


@pytest.fixture
def q(tmp_path: Path) -> Iterator[Queued]:
    with queued(tmp_path, 6, raters=2) as found:
        yield found


def load(q: Queued, text: str, rater: str = "mina") -> VotesImported:
    return VoteImport(q.another(), q.comparisons, q.ratings).load("votes.csv", text.encode(), rater=rater)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def written(rows: Sequence[Mapping[str, str]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def filled(q: Queued, outcome: str, rater: str = "mina") -> list[dict[str, str]]:
    return [row | {"outcome": outcome} for row in rows_of("".join(sheet(q.queue, BATCH, rater)))]


def test_a_sheet_names_no_model_and_no_answer(q: Queued) -> None:
    text = "".join(sheet(q.queue, BATCH, "mina"))
    assert len(rows_of(text)) == 6
    cells = [value for row in rows_of(text) for name, value in row.items() if not name.startswith("answer")]
    assert not any(model in cell for cell in cells for model in MODELS)
    assert not any(f"{n:027d}" in cell for cell in cells for n in range(6))


def test_a_filled_in_sheet_comes_back_with_its_sides(q: Queued) -> None:
    rows = filled(q, "A")
    assert load(q, written(rows)).stored == 6
    shown = set()
    for rating in q.stored():
        texts = {a.id: a.answer.text for a in q.comparisons.get(rating.comparison).answers}
        assert (rating.outcome, rating.blind, rating.best_of) == (Outcome.LEFT, True, None)
        shown.add((texts[rating.left], texts[rating.right]))
    assert shown == {(row["answer_a"], row["answer_b"]) for row in rows}


def test_a_sheet_sorted_by_what_was_voted_is_stored_in_an_order_that_no_vote_has_a_part_in(tmp_path: Path) -> None:
    orders = []
    for folder, reverse in (("one", False), ("other", True)):
        (tmp_path / folder).mkdir()
        with queued(tmp_path / folder, 12) as q:
            rows = [row | {"outcome": "A" if n % 2 else "tie"} for n, row in enumerate(filled(q, ""))]
            load(q, written(sorted(rows, key=lambda row: row["outcome"], reverse=reverse)))
            orders.append([(r.comparison, r.outcome) for r in q.stored()])
    assert orders[0] == orders[1]
    assert [outcome for _, outcome in orders[0]] not in (["tie"] * 6 + ["left"] * 6, ["left"] * 6 + ["tie"] * 6)


def test_rows_that_nobody_filled_in_are_left_out(q: Queued) -> None:
    rows = filled(q, "tie")
    rows[0]["outcome"] = ""
    found = load(q, written(rows))
    assert (found.stored, found.blank) == (5, 1)


def test_what_is_imported_twice_is_stored_once(q: Queued) -> None:
    text = written(filled(q, "both bad"))
    load(q, text)
    again = load(q, text)
    assert (again.stored, again.duplicates, len(q.stored())) == (0, 6, 6)


def test_another_vote_of_the_same_rater_corrects_the_first(q: Queued) -> None:
    load(q, written(filled(q, "A")))
    found = load(q, written([row | {"outcome": "B"} for row in filled(q, "B", "jun")[:2]]), rater="jun")
    assert (found.stored, found.corrections) == (2, 0)
    record = q.stored()[0]
    correction = (
        f"comparison,left,right,outcome,rater,blind\n{record.comparison},{record.left},{record.right},tie,mina,true\n"
    )
    assert load(q, correction).corrections == 1
    assert [r.outcome for r in q.stored() if r.rater == "mina"].count(Outcome.TIE) == 1


def test_one_broken_row_keeps_all_from_being_stored(q: Queued) -> None:
    rows = filled(q, "A")
    rows[2]["outcome"] = "perhaps"
    rows[4]["pair"] = "nonsense.1"
    rows[5]["stars_a"] = "9"
    found = load(q, written(rows))
    assert [p.row for p in found.problems] == [4, 6, 7]
    assert q.stored() == [] and found.stored == 0


@pytest.mark.parametrize(
    ("left", "right"), [(MODELS[0], MODELS[1]), ("1", "2"), (f"a{0:027d}{0:04d}", f"a{0:027d}{1:04d}")]
)
def test_answers_are_named_by_contestant_by_number_or_by_id(q: Queued, left: str, right: str) -> None:
    load(q, f"comparison,left,right,outcome,rater\nc{0:031d},{left},{right},right,김민지\n")
    [rating] = q.stored()
    assert (rating.left[-1], rating.right[-1], rating.outcome, rating.rater) == ("0", "1", Outcome.RIGHT, "김민지")


def test_what_is_not_said_to_be_blind_is_not(q: Queued) -> None:
    found = load(q, f"comparison,outcome\nc{0:031d},left\nc{1:031d},tie\n")
    assert (found.stored, found.open_eyes) == (2, 2)
    assert not any(r.blind for r in q.stored())


def test_times_are_kept_and_a_later_vote_in_the_file_counts(q: Queued) -> None:
    text = (
        "comparison;outcome;rater;time\n"
        f"c{0:031d};left;mina;2026-11-20T12:00:00+09:00\n"
        f"c{0:031d};tie;mina;2026-11-20T01:00:00Z\n"
    )
    found = load(q, text)
    [rating] = q.stored()
    assert (found.stored, found.corrections) == (2, 1)
    assert (rating.outcome, rating.created_at.isoformat()) == (Outcome.LEFT, "2026-11-20T03:00:00+00:00")


def test_a_vote_older_than_the_one_that_stands_is_left_out(q: Queued) -> None:
    q.rate("mina", Outcome.LEFT)
    old = f"comparison,outcome,rater,time\n{q.stored()[0].comparison},both bad,mina,2020-01-01\n"
    assert load(q, old).outdated == 1
    assert [r.outcome for r in q.stored()] == [Outcome.LEFT]


def test_an_export_comes_back_as_nothing_new(q: Queued) -> None:
    q.rate("mina", Outcome.LEFT)
    q.rate("mina", Outcome.TIE)
    back = q.queue.back(BATCH, "mina")
    assert back is not None
    load(q, f"comparison,outcome,rater\n{back.behind.key[0]},both bad,mina\n")
    found = load(q, "".join(Exporting(q.comparisons, q.ratings).export("ratings", "csv")))
    assert (found.stored, found.duplicates, found.problems) == (0, 3, ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nowhere,1,2,tie,mina,", "no comparison"),
        ("{c},1,1,tie,mina,", "same answer"),
        ("{c},1,7,tie,mina,", "no answer"),
        ("{c},1,,tie,mina,", "which two"),
        ("{c},1,2,better,mina,", "not a vote"),
        ("{c},1,2,tie,mina,yesterday", "not a time"),
        ("{c},1,2,tie,mina,2999-01-01", "not come yet"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(q: Queued, row: str, said: str) -> None:
    text = f"comparison,left,right,outcome,rater,time\n{row.format(c=f'c{0:031d}')}\n"
    [problem] = load(q, text).problems
    assert said in str(problem.message)


def test_one_pair_voted_on_otherwise_in_two_lines_is_said(q: Queued) -> None:
    text = f"comparison,outcome,rater\nc{0:031d},left,mina\nc{0:031d},right,mina\nc{0:031d},right,jun\n"
    [problem] = load(q, text).problems
    assert problem.row == 3 and "another line" in str(problem.message)


def test_a_file_without_columns_of_votes_is_refused(q: Queued) -> None:
    with pytest.raises(UserError, match="no columns of votes"):
        load(q, "question,answer\nWhy?,Because\n")


def test_korean_headings_and_words_and_cp949_are_read(q: Queued) -> None:
    text = f"비교,평가,평가자\nc{0:031d},비슷함,민지\nc{1:031d},둘 다 별로,민지\n"
    VoteImport(q.another(), q.comparisons, q.ratings).load("votes.csv", text.encode("cp949"))
    found = [(r.outcome, r.rater) for r in sorted(q.stored(), key=lambda r: r.comparison)]
    assert found == [(Outcome.TIE, "민지"), (Outcome.BOTH_BAD, "민지")]


def test_a_file_of_nobody_is_refused_row_by_row(q: Queued) -> None:
    [problem] = load(q, f"comparison,outcome\nc{0:031d},tie\n", rater="").problems
    assert "rater" in str(problem.message)


def test_a_vote_of_somebody_who_was_shown_the_names_is_not_blind_whatever_the_file_says(q: Queued) -> None:
    rows = filled(q, "A") + filled(q, "A", "jun")
    q.comparisons.reveal(f"c{2:031d}", "mina")
    assert load(q, written(rows)).open_eyes == 1
    assert [(r.comparison, r.rater) for r in q.stored() if not r.blind] == [(f"c{2:031d}", "mina")]
