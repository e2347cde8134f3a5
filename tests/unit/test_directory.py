"""What is here, remembered for a moment, and forgotten when somebody knows better."""

import asyncio
from collections.abc import Sequence

from app.domain.models import Capabilities, ModelInfo, ModelRef
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.directory import Directory
from app.services.comparing.runs import RunEngine
from tests.unit.scripted import CentPrices, MemoryRuns, ScriptedProvider, WordTokens


class Shelf(ScriptedProvider):
    """Lists what is on it, after a wait."""

    def __init__(self, *names: str, wait: float = 0.0) -> None:
        super().__init__([])
        self.names, self.wait, self.looks = list(names), wait, 0

    async def models(self) -> Sequence[ModelInfo]:
        self.looks += 1
        found = [ModelInfo(ModelRef(self.name, name)) for name in self.names]
        await asyncio.sleep(self.wait)
        return found


class Angry(ScriptedProvider):
    async def capabilities(self, model: str) -> Capabilities:
        raise ValueError(model)


def directory(*providers: ScriptedProvider) -> tuple[Directory, RunEngine]:
    engine = RunEngine(Answering(CentPrices(), WordTokens(), Patience()), MemoryRuns())
    engine.start()
    return Directory({p.name: p for p in providers}, engine), engine


def names(found: Sequence[ModelInfo]) -> list[str]:
    return [m.ref.name for m in found]


def test_a_look_is_remembered_for_a_moment() -> None:
    shelf = Shelf("a")
    here, engine = directory(shelf)
    assert names(here.look().models) == names(here.look().models) == ["a"]
    assert shelf.looks == 1
    engine.close()


def test_who_has_not_answered_in_time_is_pending_and_found_later() -> None:
    shelf = Shelf("a", wait=0.3)
    here, engine = directory(shelf)
    assert here.look(wait=0.01).pending == ("scripted",)
    assert names(here.look(wait=5).models) == ["a"]
    engine.close()


def test_a_model_that_arrives_during_a_look_is_found_after_forgetting() -> None:
    shelf = Shelf(wait=0.2)
    here, engine = directory(shelf)
    here.look(wait=0.01)
    shelf.names.append("fetched")
    here.forget()
    assert names(here.look(wait=5).models) == ["fetched"]
    engine.close()


def test_an_adapter_that_breaks_takes_everything() -> None:
    here, engine = directory(Angry([]))
    assert here.capabilities(ModelRef("scripted", "x")) == Capabilities()
    engine.close()
