"""Fixtures that more than one kind of test needs."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from app import settings
from app.providers.catalogue import CATALOGUE
from app.providers.gguf_files import ModelFiles

# Where the tests run in the background of a shell Ctrl-C is ignored, and the commands that they start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Read once: tests point UNDERSTUDY_HOME at folders of their own.
MODELS_FOLDER = settings.load().models_folder


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The real SmolLM2 file; skips where it is absent, which fails with CI=true (tests/skips.py)."""
    entry = CATALOGUE["smollm2"]
    path = ModelFiles(MODELS_FOLDER).fetched(entry)
    if path is None:
        pytest.skip(f"needs the real SmolLM2: {entry.command}")
    return path
