"""What more than one page needs: a data folder with an indexed collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap import build
from app.domain.indexing import FileStatus
from app.settings import load
from tests.ui.compare_page import NOBODY, until

SAMPLES = "samples"


@pytest.fixture(scope="session")
def indexed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose collection “samples” holds the sample documents, embedded by the builtin model."""
    home = tmp_path_factory.mktemp("indexed")
    container = build(load({"UNDERSTUDY_HOME": str(home), "OLLAMA_HOST": NOBODY}))
    try:
        job = container.indexing.start(container.indexing.samples(), SAMPLES)
        until(lambda: job.over, 120)
        assert job.state().count(FileStatus.INDEXED) == len(container.indexing.samples())
    finally:
        container.close()
    return home
