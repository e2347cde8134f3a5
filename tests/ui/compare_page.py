"""The Compare page under AppTest, with a container of its own on fake servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import bootstrap
from app.bootstrap import Container, build
from app.domain.comparisons import ComparisonRecord, Query
from app.settings import load
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "127.0.0.1:9"


@dataclass
class Page:
    """A browser session's page, and what is behind it."""

    app: AppTest
    container: Container
    openai: OpenAIServer | None
    ollama: OllamaServer | None

    def run(self) -> Page:
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    def choose(self, *models: str) -> Page:
        """Put these models into the panes; they must be listed (AppTest cannot type)."""
        for slot, model in enumerate(models):
            self.app.session_state[f"model-{slot}"] = model
        return self.run()

    def typed(self, *models: str) -> Page:
        """A new session that starts with these models, listed or not."""
        self.app = new_session()
        self.app.session_state["slots"] = list(range(len(models)))
        self.app.session_state["next_slot"] = len(models)
        for slot, model in enumerate(models):
            self.app.session_state[f"model-{slot}"] = model
        return self.run()

    def ask(self, prompt: str) -> Page:
        self.app.chat_input(key="prompt").set_value(prompt)
        return self.run()

    def press(self, key: str) -> Page:
        self.app.button(key=key).click()
        return self.run()

    def records(self) -> list[ComparisonRecord]:
        return [self.container.comparing.get(line.id) for line in self.container.history.search(Query()).lines]

    def record(self) -> ComparisonRecord:
        (only,) = self.records()
        return only

    def words(self) -> str:
        """Everything on the page that a person can read, HTML as it is sent."""
        shown = []
        for element in self.app:
            proto = getattr(element, "proto", None)
            shown += [str(getattr(element, "label", "") or ""), str(getattr(element, "value", "") or "")]
            shown.append(str(getattr(proto, "body", "") or ""))
            shown += [str(option) for option in getattr(element, "options", ()) or ()]
        return "\n".join(shown)


@contextmanager
def compare_page(
    home: Path,
    *,
    servers: bool = True,
    locale: str | None = None,
    query: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
) -> Iterator[Page]:
    """`servers` False: neither key nor server, as on a fresh machine. `variables` are set besides."""
    with ExitStack() as stack:
        openai = stack.enter_context(OpenAIServer()) if servers else None
        ollama = stack.enter_context(OllamaServer()) if servers else None
        environment = {"UNDERSTUDY_HOME": str(home), "OLLAMA_HOST": ollama.address if ollama else NOBODY}
        if openai:
            environment |= {"OPENAI_BASE_URL": f"{openai.address}/v1", "OPENAI_API_KEY": "sk-test-1234567890"}
        container = build(load(environment | (variables or {})))
        stack.callback(container.close)
        before, bootstrap._shared = bootstrap._shared, container
        stack.callback(setattr, bootstrap, "_shared", before)
        yield Page(new_session(locale, query), container, openai, ollama).run()


def new_session(locale: str | None = None, query: dict[str, str] | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "ui" / "shell.py"), default_timeout=30)
    if locale:
        app.session_state["language"] = locale
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app


def until(condition: object, seconds: float = 10.0) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
