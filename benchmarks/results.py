"""How long the data of the results page take: 100,000 ratings in a second, 1,000,000 in ten.

    python -m benchmarks.results            # two and four contestants, 100,000 and 1,000,000: some minutes
    python -m benchmarks.results --quick    # 100,000 alone

The whole way that the page goes, from a database on the disk and with nothing kept from before: ratings,
answers and measures read, the verdict by category with its forecast, agreement, strengths with their resamples,
speed and cost, then the texts, tables and plots that are drawn at first. The answers were measured before, as
they are while a batch runs. The second visit is timed too, with nothing changed in between.

The peer is evalica's own `bradley_terry` on the same votes as columns, once and without intervals: what the
ranking alone would take. Of five rounds the best counts on both sides: whatever else runs on the machine only
adds. Exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import evalica

from app.domain.votes import Result, Votes
from app.i18n import translator
from app.services.plots import verdict as plots
from app.services.results.measuring import MeasuringService
from app.services.results.service import Results, ResultsService
from app.ui.results_tables import findings, sentences
from storage.batches import SqlBatchStore
from storage.database import open_database
from storage.figures import SqlFigureStore
from storage.questions import SqlQuestionStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH, Planted, plant

CATEGORIES = {
    "faq": Planted(0.35, 0.20, 0.02),
    "summaries": Planted(0.30, 0.28, 0.05),
    "계약": Planted(0.15, 0.50, 0.05),
    "code": Planted(0.29, 0.31, 0.03),
    "메일": Planted(0.32, 0.24, 0.02),
}
ROUNDS = 5


@dataclass(frozen=True)
class Size:
    """`questions` in all, each put to all `contestants`, each of their pairs with the first rated by `raters`."""

    questions: int
    contestants: int
    raters: int
    bar: float

    @property
    def ratings(self) -> int:
        return self.questions * (self.contestants - 1) * self.raters


QUICK = (Size(5_000, 2, 20, 1.0), Size(2_000, 4, 17, 1.0))
SIZES = (*QUICK, Size(20_000, 2, 50, 10.0), Size(20_000, 4, 17, 10.0))


def drawn(found: Results) -> int:
    """What the first sight of the page shows, as it goes to the browser; its size in characters."""
    words = translator("en")
    shown = [plots.forest(found.verdict, words)]
    shown += [plots.looks(f, found.verdict, words) for f in found.verdict.categories[:1] if f.looks]
    table, said = findings(found, words), sentences(found, words)
    return len(repr(table)) + len(repr(said)) + sum(len(figure.to_json()) for figure in shown)


def peer(votes: Votes) -> float:
    """Seconds of evalica's solver on the votes that say who is better or that both are as good."""
    given = votes.pick(votes.result != Result.BOTH_BAD)
    names = [f"contestant {n}" for n in range(int(given.second.max()) + 1)]
    first, second = [names[n] for n in given.first], [names[n] for n in given.second]
    codes = {int(Result.FIRST): evalica.Winner.X, int(Result.SECOND): evalica.Winner.Y}
    winners = [codes.get(code, evalica.Winner.Draw) for code in given.result.tolist()]
    began = time.perf_counter()
    evalica.bradley_terry(first, second, winners)
    return time.perf_counter() - began


def measure(size: Size) -> bool:
    """Whether the bar is met; prints what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = open_database(f"sqlite:///{(home / 'understudy.db').as_posix()}", home)
        try:
            plant(
                engine,
                CATEGORIES,
                questions=size.questions // len(CATEGORIES),
                raters=size.raters,
                contestants=size.contestants,
            )
            votes, figures, batches = SqlVoteStore(engine), SqlFigureStore(engine), SqlBatchStore(engine)

            def service() -> ResultsService:
                return ResultsService(batches.get, SqlQuestionStore(engine), votes, figures, MeasuringService(figures))

            # Every answer is measured, once; the solvers are loaded.
            service().of(BATCH)
            cold, warm = [], []
            for _ in range(ROUNDS):
                fresh = service()
                began = time.perf_counter()
                found = fresh.of(BATCH)
                drawn(found)
                cold.append(time.perf_counter() - began)
                began = time.perf_counter()
                drawn(fresh.of(BATCH))
                warm.append(time.perf_counter() - began)
            cast = votes.of_batch(BATCH).votes
            alone = min(peer(cast) for _ in range(ROUNDS))
        finally:
            engine.dispose()
    seconds = min(cold)
    met = seconds < size.bar
    print(
        f"{found.ballots.ratings:>9,} ratings, {size.contestants} contestants, {size.questions:,} questions: "
        f"{seconds:6.2f} s (bar {size.bar:g} s, {'met' if met else 'MISSED'}), again {min(warm):.3f} s; "
        f"evalica alone {alone:.3f} s, ratio {seconds / alone:.1f}",
        flush=True,
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100,000 ratings alone")
    arguments = parser.parse_args()
    met = [measure(size) for size in (QUICK if arguments.quick else SIZES)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
