"""The History page under AppTest, on a database of its own, with comparisons that were answered long ago."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import bootstrap
from app.bootstrap import Container, build
from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.comparisons import Comparison, ComparisonRecord
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelRef, Sampling
from app.settings import load
from storage.comparisons import SqlComparisonStore
from storage.database import open_database

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = Evidence((Passage("handbook.pdf", "A new employee gets 15 days of leave.", page=12),))
MODELS = ("openai:gpt-5.4-mini", "ollama:llama3.2")


def answered(text: str, **changes: object) -> Answer:
    given: dict[str, object] = {
        "finish": "stop",
        "usage": Usage(412, 64),
        "timing": Timing(first_token=0.33, total=1.02),
        "cost_usd": Decimal("0.0006"),
        "sent": {"model": "m", "temperature": 0.3},
    }
    return Answer(Status.DONE, text, **{**given, **changes})  # type: ignore[arg-type]


@dataclass
class Past:
    """A container whose database the tests write to."""

    container: Container
    store: SqlComparisonStore

    def put(
        self,
        prompt: str = "How many days?",
        answers: Sequence[Answer] = (answered("15 days [1]"), answered("Fifteen [1]")),
        *,
        models: Sequence[str] = MODELS,
        after: str | None = None,
        sides: Sequence[int] | None = None,
        **options: object,
    ) -> ComparisonRecord:
        contestants = tuple(Contestant(ModelRef.parse(m), Sampling(temperature=0.3)) for m in models)
        comparison = Comparison(prompt, contestants, evidence=EVIDENCE, **options)  # type: ignore[arg-type]
        record = self.store.add(
            comparison,
            sides=sides if sides is not None else range(len(models)),
            local=[False] * len(models),
            after=after,
            owner=self.container.owner.id,
        )
        for stored, answer in zip(sorted(record.answers, key=lambda a: a.position), answers, strict=True):
            self.store.save_answer(stored.id, answer)
        return self.store.get(record.id)

    def page(self, comparison: str | None = None, language: str = "en") -> AppTest:
        """History as one session sees it; with `comparison` as a link to it opens it."""
        app = AppTest.from_file(str(ROOT / "app" / "ui" / "shell.py"), default_timeout=20)
        app.session_state["language"] = language
        app.run()
        if comparison is not None:
            app.query_params["c"] = comparison
        app.switch_page("../../pages/history.py").run()
        assert not app.exception
        return app


@contextmanager
def past(home: Path) -> Iterator[Past]:
    settings = load(
        {"UNDERSTUDY_HOME": str(home), "OLLAMA_HOST": "127.0.0.1:9", "OPENAI_BASE_URL": "http://127.0.0.1:9"}
    )
    container = build(settings)
    before, bootstrap._shared = bootstrap._shared, container
    try:
        yield Past(container, SqlComparisonStore(open_database(settings.database_url, settings.home)))
    finally:
        bootstrap._shared = before
        container.close()


def html(app: AppTest) -> str:
    """Everything that the page draws by st.html."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))
