"""The decision record as a file: it carries what it shows, needs nothing, and lets nothing in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.domain.batches import TermsSet, VerdictTerms
from app.i18n import translator
from app.pricing.ownership import owning
from app.pricing.ownership_presets import REFERENCE
from app.pricing.prices import Prices
from app.services.decision.html_page import record_to_html
from app.services.decision.record import DecisionRecords, Record, read_record, recomputed, record_to_json
from app.services.ownership.service import OwnershipService
from app.services.ownership.sheet import edited
from app.services.results.json_form import plain
from storage.figures import SqlFigureStore
from storage.ownership import SqlOwnershipStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH, T0, Planted
from tests.integration.test_decision_record import record
from tests.integration.test_results import GOOD, results, service

NASTY = """</script><!--<script>alert('1')</script>"&'`${x}<img src=x onerror=alert(2)>"""


class Page(HTMLParser):
    """The elements of a page, its text, and what its scripts hold."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[Mapping[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def html(given: Record, language: str = "en") -> bytes:
    return record_to_html(given, translator(language).message)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_file_computed_again_says_the_same(tmp_path: Path, language: str) -> None:
    with record(tmp_path) as given:
        file = html(given, language)
    again = read_record("decision.html", file)
    assert recomputed(again).differences == ()
    assert again == read_record("decision.json", record_to_json(given))
    assert Page(file).of("html") == [{"lang": language}]


def test_it_says_what_to_do_in_the_readers_language(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        english, korean = Page(html(given)).text, Page(html(given, "ko")).text
    assert "법무: keep openai:gpt-5.4-mini" in english
    assert "결정 기록" in korean and "교체" in korean


def test_it_counts_its_raters_and_the_ratings_of_each(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        said, ratings = Page(html(given)).text, given["results"]["ratings"]["raters"]
    assert ("1 rater" if len(ratings) == 1 else f"{len(ratings)} raters") in said and "1 raters" not in said
    assert "Ratings by each rater" + ", ".join(f"{n:,}" for n in ratings.values()) in said


def test_one_made_before_the_batch_was_over_says_so(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        assert "before the batch was over" not in Page(html(given)).text
        progress = given["results"]["batch"]["progress"]
        progress["done"] -= 1
        there, wanted = progress["done"] + progress["failed"], progress["answers"]
        assert f"before the batch was over: {there:,} of {wanted:,} answers" in Page(html(given)).text


def test_names_and_questions_stay_text_whatever_they_hold(tmp_path: Path) -> None:
    with record(tmp_path, {NASTY: Planted(0.3, 0.3), "b": GOOD}) as given:
        given["questions"][0]["text"] = given["results"]["questions"]["name"] = NASTY
        given["results"]["contestants"][1]["label"] = given["models"][0]["digest"] = NASTY
        given["results"]["contestants"][0]["sampling"] = {"stop": [NASTY], NASTY: 1}
        given["votes"]["raters"] = 1
        file = html(given)
    page = Page(file)
    assert page.of("script") == [{"type": "application/json", "id": "record"}]
    assert not page.of("img") and file.count(b"<!--") == 0
    assert NASTY in page.text
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on") or a in ("src", "href")]
    assert read_record("x.html", file)["questions"][0]["text"] == NASTY  # type: ignore[index]


def test_its_policy_lets_in_its_own_style_and_nothing_else(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        file = html(given).decode()
    style = re.search(r"<style>(.*?)</style>", file, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    (policy,) = [m["content"] for m in Page(file.encode()).of("meta") if "http-equiv" in m]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    shown = file[: file.index('<script type="application/json"')]
    assert not re.search(r"https?://|url\(|@import|style=", shown)


def test_terms_changed_after_votes_are_told_with_their_number(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        first = VerdictTerms(margin=0.05)
        given["terms"] = [
            plain(TermsSet(first, T0, 0)),
            plain(TermsSet(VerdictTerms(), T0 + timedelta(days=1), 1_200)),
        ]
        said = Page(html(given)).text
    assert "The terms were changed when 1,200 ratings had been cast" in said
    assert "Margin: 5 points → 10 points" in said


def test_a_look_by_another_margin_is_no_verdict(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        given["terms"] = [plain(TermsSet(replace(VerdictTerms(), margin=0.2), T0, 0))]
        said = Page(html(given)).text
    assert "This is a look by other terms than those agreed on" in said


def test_every_vote_is_in_the_file_and_two_thousand_in_its_table(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=700, raters=3) as (found, engine):
        records = DecisionRecords(
            SqlVoteStore(engine), SqlFigureStore(engine), lambda _: (), lambda _: None, Prices(None)
        )
        file = html(records.of(found))
    again: Any = read_record("x.html", file)
    assert len(again["votes"]["result"]) == 2_100
    votes = file.decode().split("2,100 votes</summary>")[1].split("</details>")[0]
    assert votes.count("<tr>") == 2_001
    assert "and 100 more, in this file's JSON." in Page(file).text


def test_no_raters_name_is_in_it(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        file = html(given)
    assert b"rater 0" not in file


def test_the_costs_that_were_kept_with_the_batch_are_in_it_and_the_unknown_is_named(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=20) as (found, engine):
        owned = OwnershipService(owning, REFERENCE, Prices(None), SqlOwnershipStore(engine))
        records = DecisionRecords(
            SqlVoteStore(engine),
            SqlFigureStore(engine),
            lambda _: (),
            lambda _: None,
            Prices(None),
            ownership=owned.kept,
        )
        assert "Cost of ownership" not in Page(html(records.of(found))).text
        owned.keep(BATCH, edited(owned.measured(found), "rented.month", "likely", None))
        again = service(engine, found.batch).of(BATCH)
        page = Page(html(records.of(again)))
    assert "Cost of ownership" in page.text and "GPU bought costs no more than the API from about" in page.text
    assert "unknown" in page.text
    assert "price list of" in page.text


def test_a_batch_that_nobody_rated_has_a_record_too(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=3) as (found, engine):
        with engine.begin() as connection:
            connection.execute(text("delete from ratings"))
        found = service(engine, found.batch).of(BATCH)
        records = DecisionRecords(
            SqlVoteStore(engine), SqlFigureStore(engine), lambda _: (), lambda _: None, Prices(None)
        )
        assert "nothing is rated yet" in Page(html(records.of(found))).text
