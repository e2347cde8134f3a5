"""What `batch` does once it is clear which batch: begin it, follow it, show how it stands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli import output

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.batches import BatchPlan, BatchRecord, VerdictTerms
    from app.services.batches.estimate import BatchEstimate


def begin(box: Container, plan: BatchPlan, terms: VerdictTerms, yes: bool, as_json: bool) -> int:
    """Say what it will take, make it, start it and follow it. Returns the exit code of `follow`."""
    from app.cli.batch_report import note_estimate

    if problem := box.prices.problem():
        output.complain(problem.message, problem.remedy)
    estimate = box.batches.estimate(plan)
    note_estimate(estimate)
    if not yes:
        _agree(plan, estimate)
    record = box.batches.create(plan, terms)
    box.batches.start(record.id)
    return follow(box, record.id, as_json)


def _agree(plan: BatchPlan, estimate: BatchEstimate) -> None:
    """Ask a person; where nobody is there, money is only spent within a budget. Exit code 1 without a yes."""
    from app.cli.asking import sure
    from app.domain.errors import UserError
    from app.domain.message import Message

    if sys.stdin is not None and sys.stdin.isatty():
        sure(output.text(Message("Start it?")))
    elif plan.budget_usd is None and (estimate.unknown_cost or estimate.usd):
        raise UserError(
            Message("This batch may cost money, and nobody is here to say yes."),
            Message("Add `--yes`, or limit it: `--budget-usd 5`."),
        )


def follow(box: Container, batch_id: str, as_json: bool) -> int:
    """Show how it goes, then how it stands. The exit code: 0 all done, 1 not all, 130 paused by Ctrl-C."""
    from app.cli.batch_report import BatchProgress
    from app.domain.batches import BatchState
    from app.domain.message import Message

    stopped = False
    with BatchProgress(box.batches, batch_id) as progress:
        try:
            record = progress.follow()
        except KeyboardInterrupt:
            stopped = True
            box.batches.pause(batch_id)
            output.note(output.text(Message("Waiting for the answers under way; Ctrl-C again leaves at once.")))
            record = progress.follow()
    show(box, batch_id, as_json)
    if stopped:
        return 130
    return 0 if record.state is BatchState.DONE and not record.progress.failed else 1


def show(box: Container, batch: str, as_json: bool) -> BatchRecord:
    """How it stands this moment, what failed and why."""
    from app.cli.batch_report import print_batch
    from app.services.batches.json_form import batch_to_dict, failures_to_list, tallies_to_list

    record = box.batches.get(batch)
    tallies, failures = box.batches.tallies(record.id), box.batches.failures(record.id)
    if as_json:
        found = {"tallies": tallies_to_list(tallies), "failures": failures_to_list(failures)}
        output.emit_json({**batch_to_dict(record), **found})
    else:
        print_batch(record, tallies, failures, bool(failures) and box.batches.rated(record.id))
    return record
