"""Fixtures that more than one kind of test needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app import settings
from app.providers.catalogue import CATALOGUE
from app.providers.gguf_files import ModelFiles

# Read once: tests point UNDERSTUDY_HOME at folders of their own.
MODELS_FOLDER = settings.load().models_folder


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The real SmolLM2 file; skips where it is absent, fails there with CI=true."""
    entry = CATALOGUE["smollm2"]
    path = ModelFiles(MODELS_FOLDER).fetched(entry)
    if path is None:
        why = f"needs the real SmolLM2: {entry.command}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return path
