"""What the documents promise is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from app.domain.errors import Fault
from app.domain.models import ModelRef
from app.pricing.overrides import read
from app.providers.endpoints import load_endpoints
from tests.architecture.imports import ROOT, modules

READMES = ("README.md", "README.ko.md")
# Not for those who set it up: a switch for whoever looks into a trouble, and what pytest and Docker use.
UNLISTED = {"UNDERSTUDY_DEBUG"}
VARIABLE = re.compile(r"\bUNDERSTUDY_[A-Z_]+[A-Z]\b")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def variables() -> set[str]:
    found = set()
    for path in modules().values():
        found |= set(VARIABLE.findall(path.read_text(encoding="utf-8")))
    return found - UNLISTED


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_in_the_readme(readme: str) -> None:
    assert variables() - set(VARIABLE.findall(text(readme))) == set()


def test_the_readme_names_no_setting_that_is_gone() -> None:
    assert set(VARIABLE.findall(text("README.md"))) - variables() == set()


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_has_exactly_the_two_set_up_commands(readme: str) -> None:
    commands = [line for line in text(readme).splitlines() if line.startswith("pip ")]
    assert commands == [
        "pip install -r requirements.txt && streamlit run app/main.py",
        "pip install -r requirements-dev.txt && pytest -n auto --dist loadfile",
    ]


@pytest.mark.parametrize("document", [*READMES, "docs/cli.md", "docs/prices.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text(document)) if "://" not in t]
    assert [t for t in targets if not (folder / t).exists()] == []


def test_every_kind_of_error_is_documented() -> None:
    row = next(line for line in text("docs/cli.md").splitlines() if line.startswith("| `error.kind`"))
    assert set(re.findall(r"`(\w+)`", row)) == {f.value for f in Fault}


def test_the_examples_of_the_json_objects_can_be_read() -> None:
    compared, indexed, batch = re.findall(r"```json\n(.*?)```", text("docs/cli.md"), re.DOTALL)
    assert {"id", "prompt", "evidence", "answers"} <= set(json.loads(compared))
    assert {"collection", "documents", "seconds"} <= set(json.loads(indexed))
    assert set(json.loads(batch)) >= {"id", "state", "terms", "progress", "tallies", "failures"}


def test_the_example_of_endpoints_can_be_used_as_it_is() -> None:
    names = [e.name for e in load_endpoints(ROOT / "endpoints.example.toml")]
    assert names == ["vllm", "lm-studio", "llama-cpp", "litellm", "gemini", "grok"]


def test_the_example_of_prices_can_be_used_as_it_is() -> None:
    from datetime import UTC, datetime

    prices = read(ROOT / "prices.example.toml")
    assert prices.find(ModelRef("vllm", "anything"), datetime.now(UTC)) is not None


def test_only_the_port_of_the_app_is_published() -> None:
    services = yaml.safe_load(text("docker-compose.yaml"))["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["app"]
    assert {"app", "postgres", "ollama", "model"} == set(services)
    assert {"postgres", "ollama"} <= {name for name, service in services.items() if "healthcheck" in service}


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = text(".ci/run").splitlines()
    for command in ("requirements.txt", "requirements-dev.txt"):
        assert any(line.startswith("pip install") and line.endswith(f"-r {command}") for line in script)
    tests = re.search(r"requirements-dev.txt && (pytest.*)", text("README.md"))
    assert tests and tests[1] in script and "mypy" in script


def test_no_document_names_a_path_of_somebodys_machine() -> None:
    files = [ROOT / name for name in (*READMES, "CHANGELOG.md", ".ci/run", "Dockerfile", ".env.example")]
    files += sorted((ROOT / "docs").glob("*.md"))
    assert [f.name for f in files if re.search(r"(?<![\w.])/(home|root|Users|work)/", _read(f))] == []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
