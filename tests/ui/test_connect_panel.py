"""On a first run the panel says what was found and how to connect the rest, and returns what was pressed."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.domain.errors import UserError
from app.domain.message import Message
from app.services.comparing.directory import Found
from tests.ui.connecting import NOTHING, SMOLLM2, Fetching, Shelf
from tests.ui.history_pages import html


def _script(found, shelf):  # type: ignore[no-untyped-def]  # its source is run by itself, without our imports
    from tests.ui.connecting import show

    show(found, shelf)


def panel(found: Found = NOTHING, shelf: Shelf | None = None, language: str = "en") -> AppTest:
    app = AppTest.from_function(_script, kwargs={"found": found, "shelf": shelf or Shelf()})
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]


def actions(app: AppTest) -> list[tuple[str, str]]:
    return list(app.session_state["actions"]) if "actions" in app.session_state else []


def test_what_was_found_is_said_with_the_command_that_connects_it() -> None:
    app = panel()
    assert "There is no key in OPENAI_API_KEY." in html(app)
    assert [c.value for c in app.code] == ["export OPENAI_API_KEY=…"]
    assert html(app).count("export OPENAI_API_KEY") == 0
    assert "vllm" in html(app)


def test_the_model_is_offered_with_size_and_licence() -> None:
    app = panel()
    assert "SmolLM2 135M Instruct" in html(app)
    assert "languages: English · 93 MB download · Apache-2.0" in html(app)
    app.button(key="connect-fetch-smollm2").click().run()
    assert actions(app) == [("fetch", "smollm2")]


def test_a_download_shows_how_far_it_is_and_can_be_cancelled() -> None:
    app = panel(shelf=Shelf(fetch=Fetching()))
    [progress] = app.get("progress")
    assert progress.proto.text == "Downloading … 42%"
    app.button(key="connect-cancel-smollm2").click().run()
    assert actions(app) == [("cancel", "smollm2")]


def test_a_download_that_failed_says_why_and_can_be_tried_again() -> None:
    failed = Fetching(over=True, error=UserError(Message("The disk is full."), Message("Free 100 MB.")))
    app = panel(shelf=Shelf(fetch=failed))
    assert "The disk is full." in html(app)
    assert "Free 100 MB." in html(app)
    assert "Try again" in labels(app)


def test_a_download_that_was_cancelled_can_be_started_again() -> None:
    app = panel(shelf=Shelf(fetch=Fetching(over=True, cancelled=True)))
    assert "Download" in labels(app)
    assert actions(app) == []


def test_a_model_that_is_here_is_not_offered() -> None:
    assert "SmolLM2" not in html(panel(SMOLLM2))


def test_the_sample_comes_in_the_language_of_the_interface_first() -> None:
    app = panel(language="ko")
    app.button(key="connect-sample-ko").click().run()
    app.button(key="connect-sample-en").click().run()
    assert actions(app) == [("sample", "ko"), ("sample", "en")]
    order = [b.key for b in app.button if b.key and "sample" in b.key]
    assert order == ["connect-sample-ko", "connect-sample-en"]
