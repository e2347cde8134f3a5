"""The real app in a real browser, against fake servers that count what they are asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.app import RunningApp, start_app
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True)
class Servers:
    openai: OpenAIServer
    ollama: OllamaServer

    def calls(self, model: str) -> int:
        """How often a model was asked, whichever server has it."""
        return self.openai.calls[model] + self.ollama.calls[model]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with OpenAIServer() as openai, OllamaServer() as ollama:
        yield Servers(openai, ollama)


@pytest.fixture(scope="session")
def app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """`streamlit run app/main.py`, connected to the fake servers."""
    home = tmp_path_factory.mktemp("home")
    with start_app(
        home,
        OPENAI_API_KEY="sk-test-planted-key",
        OPENAI_BASE_URL=f"{servers.openai.address}/v1",
        OLLAMA_HOST=servers.ollama.address,
    ) as running:
        yield running


@pytest.fixture(scope="package")  # Playwright's loop must be gone when other tests run loops of their own
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium (or your system's package)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, servers: Servers) -> Iterator[Page]:
    """A fresh English-speaking visitor on a wide screen; the servers have forgotten earlier calls."""
    servers.openai.forget()
    servers.ollama.forget()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()
