"""The main job from the command line: a real model beside a baseline, on a machine with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commands import Commands

CONTEXT = "Our Busan office opens at 9:30 and closes at 18:00.\n\nRefunds take ten working days.\n"


@pytest.mark.model
def test_smollm2_answers_from_a_file_beside_the_baseline(commands: Commands, smollm2: Path, tmp_path: Path) -> None:
    commands.variables["UNDERSTUDY_MODELS"] = str(smollm2.parent)
    file = tmp_path / "handbook.txt"
    file.write_text(CONTEXT, encoding="utf-8")
    models = ("-m", "gguf:smollm2", "-m", "builtin:extract")
    question = (
        "--context",
        str(file),
        "--prompt",
        "How long do refunds take?",
        "--max-tokens",
        "40",
        "--temperature",
        "0",
    )
    result = commands("compare", *models, *question, "--json")
    real, baseline = result.answers
    assert real["status"] in ("done", "truncated"), real["error"]
    assert real["text"] and real["usage"]["source"] == "reported"  # type: ignore[index]
    assert real["cost_usd"] == "0" and real["local"] is True
    assert "Refunds take ten working days." in str(baseline["text"]) and "[1]" in str(baseline["text"])
    assert "has to be loaded" in result.err
