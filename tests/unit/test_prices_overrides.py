"""The team's own price file."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.answers import Usage
from app.domain.errors import UserError
from app.domain.models import ModelRef
from app.pricing.overrides import read
from app.pricing.prices import Prices

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
MINI = ModelRef.parse("openai:gpt-5.4-mini")
GOOD = """
["openai:gpt-5.4-mini"]
input = "0.60"
cached_input = "0.06"
output = "3.60"
as_of = 2026-11-01

["vllm:*"]
input = 0.1
output = 0.3
"""


def write(path: Path, text: str) -> Prices:
    path.write_text(text, encoding="utf-8")
    return Prices(path)


def test_a_negotiated_price_goes_before_the_list(tmp_path: Path) -> None:
    prices = write(tmp_path / "prices.toml", GOOD)
    usage = Usage(1_000_000, 1_000_000, cached_input=500_000)
    assert prices.cost(MINI, usage, NOW, local=False) == Decimal("3.93")
    price = prices.price(MINI, NOW, local=False)
    assert price is not None
    assert (price.source, price.as_of, price.input) == ("override", date(2026, 11, 1), Decimal("0.60"))
    assert prices.problem() is None


def test_a_price_holds_from_its_date_on(tmp_path: Path) -> None:
    prices = write(tmp_path / "prices.toml", GOOD)
    before = datetime(2026, 10, 30, tzinfo=UTC)
    assert prices.cost(MINI, Usage(1_000_000, 0), before, local=False) == Decimal("0.75")
    assert prices.cost(ModelRef.parse("vllm:x"), Usage(1_000_000, 0), before, local=False) == Decimal("0.1")


def test_numbers_are_read_exactly_as_written(tmp_path: Path) -> None:
    """0.1 as a float would be 0.1000000000000000055."""
    prices = write(tmp_path / "prices.toml", GOOD)
    assert prices.cost(ModelRef.parse("vllm:qwen/qwen3:8b"), Usage(3, 0), NOW, local=False) == Decimal("0.0000003")


def test_the_most_specific_name_wins_whatever_the_order(tmp_path: Path) -> None:
    rows = {"*:*": 1, "openai:*": 2, "openai:gpt-5*": 3, "openai:gpt-5.4-mini": 4, "openai:gpt-5.4-mini*": 5}
    for names in (list(rows), list(reversed(rows))):
        text = "\n".join(f'["{name}"]\ninput = {rows[name]}\noutput = 0' for name in names)
        prices = write(tmp_path / "prices.toml", text)

        def inp(name: str, prices: Prices = prices) -> Decimal | None:
            return prices.cost(ModelRef.parse(name), Usage(1_000_000, 0), NOW, local=False)

        assert [inp(n) for n in ("x:y", "openai:o3", "openai:gpt-5.4", "openai:gpt-5.4-mini")] == [1, 2, 3, 4]
        assert inp("openai:gpt-5.4-mini-2026-03-17") == 5


def test_only_the_star_is_a_wildcard(tmp_path: Path) -> None:
    prices = write(tmp_path / "prices.toml", '["a:b.c[1]?"]\ninput = 1\noutput = 1\n')
    assert prices.cost(ModelRef.parse("a:b.c[1]?"), Usage(1, 1), NOW, local=False)
    assert prices.cost(ModelRef.parse("a:bxc1y"), Usage(1, 1), NOW, local=False) is None


def test_a_team_may_price_its_own_servers(tmp_path: Path) -> None:
    prices = write(tmp_path / "prices.toml", GOOD)
    assert prices.cost(ModelRef.parse("vllm:x"), Usage(1_000_000, 0), NOW, local=True) == Decimal("0.1")


def test_cached_tokens_without_a_price_cost_as_much_as_others(tmp_path: Path) -> None:
    prices = write(tmp_path / "prices.toml", GOOD)
    usage = Usage(1_000_000, 0, cached_input=400_000, cache_write=400_000)
    assert prices.cost(ModelRef.parse("vllm:x"), usage, NOW, local=False) == Decimal("0.1")


def test_no_file_is_no_override_and_no_problem(tmp_path: Path) -> None:
    prices = Prices(tmp_path / "prices.toml")
    assert prices.problem() is None
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.75")


def test_a_file_that_appears_or_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    prices = Prices(path)
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.75")
    path.write_text(GOOD)
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.60")
    path.write_text(GOOD.replace("0.60", "0.50"))
    os.utime(path, ns=(1, 1))
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.50")
    path.unlink()
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.75")


def test_a_broken_edit_keeps_the_last_good_prices_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    prices = write(path, GOOD)
    assert prices.problem() is None
    path.write_text(GOOD.replace('"3.60"', '"lots"'))
    problem = prices.problem()
    assert problem is not None
    assert "lots" in str(problem)
    assert prices.cost(MINI, Usage(1_000_000, 0), NOW, local=False) == Decimal("0.60")
    path.write_text(GOOD + "\n")
    assert prices.problem() is None


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert Prices(path).problem() is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["openai:x"]\ninput = "-1"\noutput = 1', "-1"),
        ('["openai:x"]\ninput = nan\noutput = 1', "NaN"),
        ('["openai:x"]\ninput = inf\noutput = 1', "Infinity"),
        ('["openai:x"]\ninput = "0,60"\noutput = 1', "0,60"),
        ('["openai:x"]\ninput = true\noutput = 1', "True"),
        ('["openai:x"]\ninput = 1e30\noutput = 1', "1E+30"),
        (f'["openai:x"]\ninput = 0x{"f" * 5000}\noutput = 1', "…"),
        ('["openai:x"]\ninput = [1]\noutput = 1', "[1]"),
        ('["openai:x"]\ninput = 1', "lacks output"),
        ('["openai:x"]\ninput = 1\noutput = 1\nouput = 2', "ouput"),
        ('["openai:x"]\ninput = 1\noutput = 1\nas_of = "yesterday"', "yesterday"),
        ('["openai:x"]\ninput = 1\noutput = 1\nas_of = 2026-11-01T10:00:00', "as_of"),
        ("[openai.x]\ninput = 1\noutput = 1", "openai"),
        ('"openai:x" = 3', "openai:x"),
        ("[openai:x]\ninput = 1", "line 1"),
        ("input = ", "end of document"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_the_place_and_a_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(path) in str(caught.value.message)
    assert said in str(caught.value.message)
    assert str(caught.value.remedy)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00", b"x = " + b"9" * 5000, b"x = " + b"[" * 5000])
def test_a_file_of_nonsense_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"prices\.toml"):
        read(path)


def test_a_folder_in_the_file_s_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path)
