"""A question with its context that runs with one click, in each language of the interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from app.domain.comparisons import Comparison
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelInfo, ModelRef, Sampling
from app.services.comparing.directory import Found
from app.services.comparing.drafting import connected, suggested

# What the RAG chatbot runs with, and short enough that a small model on a laptop is done in seconds.
SAMPLING = Sampling(temperature=0.3, top_p=0.85, top_k=20, max_tokens=300)

PriceOf = Callable[[ModelInfo], Decimal | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """`language` as a BCP 47 tag; the evidence holds the answer, and passages that only look like it."""

    language: str
    question: str
    evidence: Evidence


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "en": Sample(
            "en",
            "How many days of annual leave does a new employee get, and when can they first take them?",
            Evidence(
                (
                    Passage(
                        "Employee handbook",
                        "Annual leave. A new employee gets 15 days of paid annual leave in the first year. "
                        "The days can be taken one month after joining. From the third year on, one day is added "
                        "for every two years of service, up to 25 days.",
                        page=12,
                    ),
                    Passage(
                        "Employee handbook",
                        "Unused days. Annual leave that is not taken by 31 March of the following year lapses. "
                        "Up to five days can be carried over when a manager asked for the leave to be postponed.",
                        page=13,
                    ),
                    Passage(
                        "Employee handbook",
                        "Asking for leave. Tell your team lead at least two working days ahead and enter the days in "
                        "the calendar. Sick leave is separate and needs a doctor's note from the third day on.",
                        page=14,
                    ),
                )
            ),
        ),
        "ko": Sample(
            "ko",
            "신입 사원의 연차는 며칠이고 언제부터 쓸 수 있나요?",
            Evidence(
                (
                    Passage(
                        "사내 규정집",
                        "연차 휴가. 신입 사원은 입사 첫해에 15일의 유급 연차를 받는다. "
                        "연차는 입사 한 달 뒤부터 사용할 수 있다. "
                        "3년 차부터는 근속 2년마다 하루씩 늘어나며 최대 25일까지 받는다.",
                        page=12,
                    ),
                    Passage(
                        "사내 규정집",
                        "미사용 연차. 다음 해 3월 31일까지 쓰지 않은 연차는 소멸한다. "
                        "팀장이 연기를 요청한 경우에는 5일까지 이월할 수 있다.",
                        page=13,
                    ),
                    Passage(
                        "사내 규정집",
                        "연차 신청. 휴가 이틀 전까지 팀장에게 알리고 공유 캘린더에 등록한다. "
                        "병가는 따로 계산하며 사흘째부터는 진단서가 필요하다.",
                        page=14,
                    ),
                )
            ),
        ),
    }
)


def sample(language: str) -> Sample:
    """The sample in `language`, English for one that has none."""
    return SAMPLES.get(language, SAMPLES["en"])


def contestants(found: Found, price: PriceOf | None = None, *, today: date | None = None) -> tuple[ModelRef, ModelRef]:
    """Who answers the sample: what is connected, else smollm2 beside a baseline, else the two baselines.

    Of each provider one model is taken: the cheapest where `price` knows prices, else a file of a
    size that most machines can run. Trying the app out should cost neither money nor minutes.
    """
    by_provider: dict[str, list[ModelInfo]] = {}
    for model in connected(found):
        if model.retires is None or model.retires > (today or date.today()):
            by_provider.setdefault(model.ref.provider, []).append(model)
    chosen = [_modest(models, price) for models in by_provider.values()]
    baselines = tuple(m for m in found.models if m.ref.provider == "builtin")
    return suggested(replace(found, models=(*chosen, *baselines)), today=today)


def comparison(language: str, models: Sequence[ModelRef]) -> Comparison:
    """The sample put to `models`."""
    chosen = sample(language)
    return Comparison(chosen.question, tuple(Contestant(m, SAMPLING) for m in models), evidence=chosen.evidence)


# Bytes: the largest file up to this answers well and still fits beside everything else on a laptop.
_FITS = 6_000_000_000


def _modest(models: Sequence[ModelInfo], price: PriceOf | None) -> ModelInfo:
    priced = [(usd, m) for m in models if price and (usd := price(m)) is not None and usd > 0]
    if priced:
        return min(priced, key=lambda pair: pair[0])[1]
    sized = [(m.size, m) for m in models if m.size]
    fitting = [(size, m) for size, m in sized if size <= _FITS]
    if fitting:
        return max(fitting, key=lambda pair: pair[0])[1]
    return min(sized, key=lambda pair: pair[0])[1] if sized else models[0]
