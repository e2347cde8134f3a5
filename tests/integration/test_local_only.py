"""In local-only mode nothing leaves the machine, not even a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import bootstrap
from app.bootstrap import build
from app.domain.comparisons import Comparison
from app.domain.errors import Fault
from app.domain.models import Contestant, ModelRef
from app.settings import load
from tests.servers.openai_server import OpenAIServer


def test_a_cloud_endpoint_is_named_and_never_asked(tmp_path: Path) -> None:
    with OpenAIServer() as server:
        environment = {
            "UNDERSTUDY_HOME": str(tmp_path),
            "UNDERSTUDY_LOCAL_ONLY": "1",
            "OPENAI_API_KEY": "sk-planted",
            "OPENAI_BASE_URL": f"{server.address}/v1",
            "OLLAMA_HOST": "127.0.0.1:9",
        }
        container = build(load(environment))
        found = container.directory.look(10.0)
        record = container.comparing.start(Comparison("Hm?", (Contestant(ModelRef("openai", "answer")),)))
        (answer,) = container.comparing.wait(record.id, 10).answers
        container.close()
        assert "openai" in {s.provider for s in found.statuses}
        assert answer.answer.error is not None and answer.answer.error.kind is Fault.LOCAL_ONLY
        assert server.requests == []


def test_a_closed_application_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_shared", None)
    monkeypatch.setattr(bootstrap, "_ended", False)
    bootstrap.close_shared()
    with pytest.raises(Exception, match="shutting down"):
        bootstrap.shared()
