"""What is about to be asked: contestants chosen, fields that will not be sent, a draft from a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.comparisons import Comparison, ComparisonRecord, StartMode
from app.domain.errors import UserError
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.domain.models import Capabilities, Contestant, ModelInfo, ModelRef, Sampling
from app.services.comparing.directory import Found
from app.services.comparing.sources import Sources, collection_of, pasted_part

BASELINE = ModelRef("builtin", "extract")
FLOOR = ModelRef("builtin", "lead")
SMALL = ModelRef("gguf", "smollm2")


@dataclass(frozen=True, slots=True)
class Slot:
    """One contestant as chosen on the page: `model` is what was picked or typed, `own` its own sampling."""

    id: int
    model: str
    own: Sampling | None = None

    def ref(self) -> ModelRef:
        """Raises UserError when nothing, or no model, was given."""
        if not self.model.strip():
            raise UserError(Message("A contestant has no model."), Message("Choose one above its pane, or remove it."))
        try:
            return ModelRef.parse(self.model)
        except UserError as problem:
            raise UserError(
                problem.message, Message("Choose one from the list, or type provider:name, as in ollama:llama3.1:8b.")
            ) from None

    def known_ref(self) -> ModelRef | None:
        try:
            return self.ref()
        except UserError:
            return None


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything of a comparison but its prompt.

    `evidence` was pasted; `sources` is where more is looked for with each prompt.
    """

    slots: tuple[Slot, ...]
    system: str = ""
    evidence: Evidence = Evidence()
    sampling: Sampling = Sampling()
    start: StartMode = "together"
    blind: bool = False
    sources: Sources | None = None

    def sampling_of(self, slot: Slot) -> Sampling:
        return slot.own if slot.own is not None else self.sampling

    def comparison(self, prompt: str) -> Comparison:
        """Raises UserError when a contestant is not a model."""
        return Comparison(
            prompt=prompt,
            contestants=tuple(Contestant(slot.ref(), self.sampling_of(slot)) for slot in self.slots),
            system=self.system,
            evidence=self.evidence,
            blind=self.blind and len(self.slots) > 1,
            start=self.start,
        )


def connected(found: Found) -> tuple[ModelInfo, ...]:
    """The models beyond the baselines: what a first run has none of."""
    return tuple(m for m in found.chat_models if m.ref.provider != "builtin")


def suggested(found: Found, last: Sequence[str] = (), *, today: date | None = None) -> tuple[ModelRef, ModelRef]:
    """The two contestants that a new page starts with.

    Those compared last, when both are still here; else models of two different providers; else the
    one model there is beside the extracting baseline; else the two baselines.
    """
    here = {str(m.ref): m.ref for m in found.chat_models}
    if len(last) >= 2 and all(name in here for name in last[:2]):
        return here[last[0]], here[last[1]]
    models = [m for m in connected(found) if not _retired(m, today or date.today())]
    if not models:
        return FLOOR, BASELINE
    first = models[0].ref
    others = [m.ref for m in models if m.ref.provider != first.provider] or [m.ref for m in models[1:]]
    if others and first != SMALL:
        return first, others[0]
    return (first, BASELINE) if not others else (others[0], first)


def extra(found: Found, taken: Sequence[str]) -> ModelRef:
    """The model that one more contestant starts with: one not chosen yet, else the first again."""
    refs = [m.ref for m in (*connected(found), *found.chat_models)]
    return next((ref for ref in refs if str(ref) not in taken), refs[0] if refs else BASELINE)


def meant(typed: str, found: Found) -> str:
    """The model that somebody meant who typed only its name: the one model here that is called so, else as typed."""
    wanted = typed.strip()
    if any(str(m.ref) == wanted for m in found.models):
        return wanted
    called_so = [m.ref for m in found.chat_models if wanted in (m.ref.name, m.ref.name.removesuffix(":latest"))]
    return str(called_so[0]) if len(called_so) == 1 else wanted


def _retired(model: ModelInfo, today: date) -> bool:
    return model.retires is not None and model.retires <= today


@dataclass(frozen=True, slots=True)
class FieldState:
    """What a sampling field means for the chosen models: who refuses it and why."""

    refused: tuple[tuple[ModelRef, Message], ...] = ()
    everybody: bool = False


def field_states(
    contestants: Sequence[tuple[ModelRef, Sampling]], capabilities: Mapping[ModelRef, Capabilities]
) -> dict[str, FieldState]:
    """For each sampling field that some chosen model does not take: which, why, and whether none takes it."""
    refused: dict[str, dict[ModelRef, Message]] = {}
    for ref, sampling in contestants:
        known = capabilities.get(ref)
        for name, reason in known.refusals(sampling).items() if known else ():
            refused.setdefault(name, {})[ref] = reason
    models = {ref for ref, _ in contestants}
    return {
        name: FieldState(tuple(reasons.items()), everybody=set(reasons) == models) for name, reasons in refused.items()
    }


def from_record(record: ComparisonRecord) -> Draft:
    """The draft that asks the same again: what a reload or a link starts from."""
    asked = record.comparison
    contestants = list(asked.contestants)
    shared = contestants[0].sampling if contestants else Sampling()
    return Draft(
        slots=tuple(
            Slot(n, str(c.model), None if c.sampling == shared else c.sampling) for n, c in enumerate(contestants)
        ),
        system=asked.system,
        evidence=pasted_part(asked.evidence),
        sampling=shared,
        start=asked.start,
        blind=asked.blind,
        sources=Sources(name) if (name := collection_of(asked.evidence)) else None,
    )


def as_text(evidence: Evidence) -> str:
    """The evidence as text for the context box."""
    return "\n\n".join(p.text.strip("\n") for p in evidence.passages)
