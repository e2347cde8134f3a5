"""The reader's language, and numbers and dates as it writes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.domain.message import Message
from app.i18n import LANGUAGES, Translator, catalogue, extract, pick, translator
from app.i18n.sources import find, has_words, in_file, placeholders

EN, KO = translator("en"), translator("ko")


def of(entries: dict[object, object]) -> Translator:
    """A Korean translator with these entries alone."""
    from gettext import GNUTranslations

    book = Catalog(locale="ko")
    for key, string in entries.items():
        book.add(key, string)  # type: ignore[arg-type]
    compiled = BytesIO()
    write_mo(compiled, book)
    compiled.seek(0)
    return Translator("ko", GNUTranslations(compiled))


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        *((name, "ko") for name in ("ko", "ko-KR", "ko_KR.UTF-8", "KO", "ko.UTF-8")),
        *((name, "en") for name in ("en-GB", "ja", "kok-IN", "", None, "C")),
    ],
)
def test_the_language_is_picked_from_a_locale(locale: str | None, language: str) -> None:
    assert pick(locale) == language


def test_a_text_is_looked_up_and_filled_in() -> None:
    words = of({"{n} passages": "단락 {n}개"})
    assert words.text("{n} passages", n=3) == "단락 3개"
    assert words.message(Message("{n} passages", n=3)) == "단락 3개"


def test_a_text_without_a_translation_stays_english() -> None:
    assert of({}).text("No key in {variable}.", variable="X") == "No key in X."
    assert of({"Send": ""}).text("Send") == "Send"


def test_braces_in_a_value_are_not_placeholders() -> None:
    assert KO.text("{words}", words="{oops} {0}") == "{oops} {0}"


def test_a_text_without_values_may_hold_braces() -> None:
    assert EN.text('{"a": 1}') == '{"a": 1}'


def test_the_empty_text_is_not_the_catalogue_s_header() -> None:
    assert KO.text("") == ""


def test_a_plural_is_two_forms_in_english_and_one_in_korean() -> None:
    assert EN.plural("{n} answer", "{n} answers", 1) == "1 answer"
    assert EN.plural("{n} answer", "{n} answers", 1200) == "1,200 answers"
    words = of({("{n} answer of {m}", "{n} answers of {m}"): ("{m}의 답변 {n}개",)})
    assert words.plural("{n} answer of {m}", "{n} answers of {m}", 1, m="A") == "A의 답변 1개"


def test_an_unknown_language_is_english() -> None:
    assert translator("xx").language == "en"


def test_a_translator_is_made_once() -> None:
    assert translator("ko") is KO
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(translator, ["ko"] * 20))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_shows_two_digits_that_mean_something(language: str) -> None:
    words = translator(language)
    amounts = ["0", "12.3", "1234.5", "0.456", "0.0123", "0.0006", "0.00000004", "-0.0006", "0.9999"]
    assert [words.usd(Decimal(a)) for a in amounts] == [
        "$0.00", "$12.30", "$1,234.50", "$0.46", "$0.012", "$0.00060", "$0.000000040", "-$0.00060", "$1.00"
    ]  # fmt: skip


def test_what_nobody_knows_the_price_of_is_unpriced() -> None:
    assert EN.usd(None) == "unpriced"


def test_durations_are_short() -> None:
    values = [0.0, 0.0384, 0.0999, 0.844, 9.99, 9.996, 12.34, 59.96, 125, 3800, None]
    assert [EN.seconds(v) for v in values] == [
        "0ms", "38ms", "0.10s", "0.84s", "9.99s", "10.0s", "12.3s", "1m 0s", "2m 5s", "1h 3m", "–"
    ]  # fmt: skip
    assert [KO.seconds(v) for v in (0.0384, 0.844, 125)] == ["38ms", "0.84초", "2분 5초"]


def test_numbers_have_separators() -> None:
    assert (EN.number(1234567), EN.number(0.5), EN.number(12.345, 1)) == ("1,234,567", "0.5", "12.3")
    assert EN.percent(0.123) == "12%"
    assert EN.percent(0.1234, 1) == "12.3%"


def test_sizes_are_decimal() -> None:
    sizes = [0, 999, 98_362_432, 999_600_000, 4_661_211_808, 141_000_000_000, None]
    assert [EN.size(n) for n in sizes] == ["0 B", "999 B", "98 MB", "1.0 GB", "4.7 GB", "141 GB", "–"]


def test_a_moment_is_shown_where_the_reader_is() -> None:
    moment = datetime(2026, 11, 12, 16, 5, tzinfo=UTC)
    seoul = translator("ko", "Asia/Seoul").when(moment)
    assert seoul == "2026. 11. 13. 01:05"
    assert translator("en", "America/New_York").when(moment) == "Nov 12, 2026 11:05"
    assert translator("ko", "Asia/Seoul").when(moment.replace(tzinfo=None)) == seoul
    assert KO.day(date(2026, 12, 11)) == "2026. 12. 11."


@pytest.mark.parametrize("zone", ["Nowhere/Here", "../etc/passwd", "\0", "Asia", None])
def test_an_unknown_time_zone_is_the_machine_s(zone: str | None) -> None:
    moment = datetime(2026, 11, 12, 16, 5, tzinfo=UTC)
    assert translator("en", zone).when(moment) == EN.when(moment)


def test_texts_are_found_by_who_is_called(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text(
        't("One"); Message("Two {x}", x=1); speech().plural("{n} a", "{n} as", n)\n'
        'st.text("no"); output.text(Message("Three")); translator.text("Four")\n'
        't("Five" if x else "Six"); t("two " "parts"); t(variable); t("{only}"); t(""); Message(m.template, x=1)\n'
    )
    found = list(in_file(path, "page.py"))
    assert {f.key for f in found} == {
        "One", "Two {x}", ("{n} a", "{n} as"), "Three", "Four", "Five", "Six", "two parts", None
    }  # fmt: skip
    assert next(f.line for f in found if f.key is None) == 3


def test_placeholders_are_read_with_their_formats() -> None:
    assert placeholders("{a} {b:,} {c!r:>3} {} {a}") == {"a", "b", "c", ""}
    assert not has_words("{what}: {x:,}")


def test_an_update_keeps_translations_and_drops_what_is_gone() -> None:
    old = read_po(BytesIO('msgid "A"\nmsgstr "가"\n\nmsgid "B"\nmsgstr "나"\n'.encode()), locale="ko")
    text = extract.written(extract.merged(old, ["A", "C", ("{n} x", "{n} xs")])).decode()
    assert 'msgid "A"\nmsgstr "가"' in text
    assert '"나"' not in text
    again = read_po(BytesIO(text.encode()), locale="ko")
    assert extract.untranslated(again) == ["C", ("{n} x", "{n} xs")]
    assert extract.written(extract.merged(again, ["C", ("{n} x", "{n} xs"), "A"])).decode() == text


def test_the_extractor_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "compare.py").write_text('t("Send")')
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "locale")
    monkeypatch.setattr(extract, "find", lambda: find(tmp_path))
    assert extract.main() == 0
    assert capsys.readouterr().out.splitlines() == ["ko: 1 texts, 0 gone, 1 to translate", "pages/compare.py: 'Send'"]
    assert 'msgid "Send"' in catalogue.po_file("ko").read_text()
