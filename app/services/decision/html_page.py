"""A decision record as one HTML file: for people above, and the record itself as JSON within.

It needs nothing from outside, and its own policy lets nothing in: no script runs, no address is asked.
Names, questions and whatever a model or a server said stay text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, cast

from app.domain.batches import VerdictTerms
from app.domain.message import Message
from app.domain.verdicts import Verdict
from app.services.decision import html_basis as basis
from app.services.decision import html_findings as found
from app.services.decision.html_ownership import ownership
from app.services.decision.html_text import Say, Writer, code, moment
from app.services.decision.record import Record, history_of, labels, recomputed, record_to_json, terms_of

_STYLE = Path(__file__).with_suffix(".css")


def record_to_html(record: Record, say: Say) -> bytes:
    """The file, in the language of `say`. What it shows of the verdict is computed from the votes in it.

    Raises UserError for what is not a whole record.
    """
    write = Writer(say)
    data = cast(Mapping[str, Any], record)
    verdict = recomputed(record).verdict
    challenger, incumbent = labels(record)
    title = write.plain(Message("Can {challenger} replace {incumbent}?", challenger=challenger, incumbent=incumbent))
    body = "".join(
        (
            _head(write, data, title),
            found.spoken(write, verdict, challenger, incumbent),
            _about(write, data, verdict),
            _body(write, data, verdict, terms_of(record)),
        )
    )
    style = _STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{escape(write.plain(Message("en")), quote=True)}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>{body}</main>\n"
        f'<script type="application/json" id="record">{_json(record)}</script>\n</body>\n</html>\n'
    ).encode()


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _json(record: Record) -> str:
    # No “<” at all: neither </script> nor <!-- in a name can end the element or change how it is read.
    return record_to_json(record).decode().replace("<", "\\u003c")


def _head(write: Writer, data: Mapping[str, Any], title: str) -> str:
    kicker = write.t(Message("Decision record · Understudy {version}", version=str(data["understudy"])))
    return f'<header><p class="kicker">{kicker}</p><h1>{escape(title)}</h1></header>'


def _about(write: Writer, data: Mapping[str, Any], verdict: Verdict) -> str:
    results = data["results"]
    asked, ratings = results["questions"], results["ratings"]
    lines = (
        Message("made {when}", when=moment(data["made_at"])),
        Message("{set}, version {n}", set=str(asked["name"]), n=asked["version"]),
        Message("{n} questions", n=f"{asked['questions']:,}"),
        Message("{n} ratings count", n=f"{verdict.overall.ratings:,}"),
        Message("1 rater") if len(ratings["raters"]) == 1 else Message("{n} raters", n=f"{len(ratings['raters']):,}"),
        Message("batch {id}", id=str(results["batch"]["id"])[:12]),
        *_unfinished(results["batch"]["progress"]),
    )
    return f'<ul class="about">{"".join(f"<li>{write.t(line)}</li>" for line in lines)}</ul>'


def _unfinished(progress: Mapping[str, int]) -> tuple[Message, ...]:
    """What is to be known of a record that was made too early: nobody sees it in the figures."""
    there, wanted = progress["done"] + progress["failed"], progress["answers"]
    if there + progress["stopped"] >= wanted:
        return ()
    return (Message("before the batch was over: {n} of {total} answers", n=f"{there:,}", total=f"{wanted:,}"),)


def _body(write: Writer, data: Mapping[str, Any], verdict: Verdict, shown: VerdictTerms) -> str:
    results = data["results"]
    history = history_of(dict(data))
    by_category = Message("By category") if len(verdict.categories) > 1 else Message("What it rests on")
    return "".join(
        (
            write.section(by_category, found.findings(write, verdict), found.figures(write, verdict)),
            write.section(
                Message("Contestants"),
                basis.contestants(write, results, data["models"]),
                basis.paretos(write, results),
            ),
            write.section(Message("Cost of ownership"), ownership(write, data.get("ownership"))),
            write.section(Message("Terms"), basis.terms(write, results, history, shown)),
            write.section(Message("Method and people"), basis.method(write, results, verdict, data.get("gold"))),
            write.section(Message("Evidence and votes"), basis.questions(write, data), basis.votes(write, data)),
            _again(write, results),
        )
    )


def _again(write: Writer, results: Mapping[str, Any]) -> str:
    return write.section(
        Message("Compute it again"),
        write.paragraph(
            Message(
                "This file carries the whole record with every vote. Understudy computes the verdict from them again"
                " and says whether it comes out the same:"
            )
        ),
        "<pre><code>python -m app verdict FILE.html</code></pre>",
        write.pairs([(Message("Digest of the question set"), code(results["questions"]["digest"]))]),
    )
