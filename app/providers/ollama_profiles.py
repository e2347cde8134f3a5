"""What an Ollama model accepts, and how large a context window to ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.chat import ChatRequest
from app.domain.message import Message
from app.domain.models import Capabilities, Reasoning
from app.providers.ollama_wire import Think

SMALLEST_STEP = 2048
# Where a server does not tell the model's own limit, nobody asks for a window that fills its memory.
LARGEST_UNKNOWN = 131_072
# Room for an answer whose length nobody limited. Ollama's own default window is 4096 for both together.
ANSWER_TOKENS = 2048
THINKING_ANSWER_TOKENS = 6144


@dataclass(frozen=True, slots=True)
class Profile:
    """A model as /api/show describes it.

    `capabilities` None: the server is too old to say. `levels` are the words that `think` takes,
    empty where it takes true and false. `cloud`: the server only passes the text on to Ollama's cloud.
    """

    capabilities: frozenset[str] | None = None
    context_window: int | None = None
    levels: tuple[str, ...] = ()
    can_stop_thinking: bool = True
    cloud: bool = False

    @property
    def chat(self) -> bool:
        return self.capabilities is None or "completion" in self.capabilities

    @property
    def thinks(self) -> bool:
        return self.capabilities is not None and "thinking" in self.capabilities


def profile_of(model: str, show: Mapping[str, object]) -> Profile:
    """Read the answer of POST /api/show, or an entry of GET /api/tags (0.33 and later say enough there)."""
    listed = show.get("capabilities")
    levels, can_stop = _thinking(show)
    return Profile(
        capabilities=frozenset(map(str, listed)) if isinstance(listed, Sequence) and listed else None,
        context_window=_context_window(show),
        levels=levels,
        can_stop_thinking=can_stop,
        cloud=is_cloud(model, show),
    )


def is_cloud(model: str, entry: Mapping[str, object]) -> bool:
    """Whether the model runs in Ollama's cloud although a local server lists it."""
    tag = model.rpartition("/")[2].partition(":")[2]
    return bool(entry.get("remote_host")) or tag == "cloud" or tag.endswith("-cloud")


def _context_window(show: Mapping[str, object]) -> int | None:
    info, details = _part(show, "model_info"), _part(show, "details")
    sizes = [v for k, v in info.items() if k.endswith(".context_length")]
    for value in (*sizes, details.get("context_length")):
        if isinstance(value, int) and value > 0:
            return value
    return None


def _thinking(show: Mapping[str, object]) -> tuple[tuple[str, ...], bool]:
    # From 0.40 on the server lists what `think` takes; before, gpt-oss is the one family with levels.
    values = _part(show, "thinking").get("values")
    if isinstance(values, Sequence) and not isinstance(values, str) and values:
        return tuple(v for v in values if isinstance(v, str)), False in values
    families = {str(_part(show, "details").get("family")), str(_part(show, "model_info").get("general.architecture"))}
    if families & {"gptoss", "gpt-oss"}:
        return ("low", "medium", "high"), False
    return (), True


def _part(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def capabilities_of(model: str, profile: Profile, *, local_host: bool) -> Capabilities:
    """The port's view of a profile."""
    refused: dict[str, Message] = {}
    if profile.capabilities is not None and not profile.thinks:
        refused["reasoning"] = Message("{model} does not think before it answers.", model=model)
    return Capabilities(
        refused=refused,
        context_window=profile.context_window,
        thinking=profile.thinks,
        json_schema=profile.chat,
        tools="tools" in (profile.capabilities or ()),
        local=local_host and not profile.cloud,
    )


def think_of(model: str, profile: Profile, reasoning: Reasoning | None) -> tuple[Think | None, Message | None]:
    """What to send as `think`, and why the wish is not sent where the model cannot follow it."""
    if reasoning is None:
        return None, None
    if reasoning == "none":
        if profile.can_stop_thinking:
            return False, None
        return None, Message("{model} always thinks before it answers.", model=model)
    if not profile.levels:
        return True, None
    if reasoning in profile.levels:
        return reasoning, None
    return None, Message(
        "{model} takes these levels of reasoning: {levels}.", model=model, levels=", ".join(profile.levels)
    )


def tokens_needed(request: ChatRequest, profile: Profile) -> int:
    """Tokens of context for prompt and answer.

    The prompt's estimate is of another tokeniser than the model's, which may well need a quarter more.
    """
    estimate = request.prompt_tokens or sum(len(m.content.encode(errors="replace")) // 3 + 8 for m in request.messages)
    return estimate + estimate // 4 + 256 + answer_room(request, profile)


def answer_room(request: ChatRequest, profile: Profile) -> int:
    if request.sampling.max_tokens is not None:
        return request.sampling.max_tokens
    thinking = profile.thinks and request.sampling.reasoning != "none"
    return THINKING_ANSWER_TOKENS if thinking else ANSWER_TOKENS


def choose_num_ctx(needed: int, *, limit: int | None, loaded: int | None) -> int:
    """The window to ask for, in tokens: few steps, because another size than the loaded one reloads the model.

    At most the model's own `limit`, even where that is not enough: the server then refuses and counts.
    """
    if loaded is not None and loaded >= needed:
        return loaded
    step = SMALLEST_STEP
    while step < needed:
        step *= 2
    return min(step, limit or LARGEST_UNKNOWN)


def step_up(num_ctx: int, prompt_tokens: int | None, room: int, limit: int | None) -> int | None:
    """The next window to try after the server counted `prompt_tokens`; None when no larger one would help."""
    most = limit or LARGEST_UNKNOWN
    if num_ctx >= most or (prompt_tokens is not None and prompt_tokens >= most):
        return None
    return choose_num_ctx(max(num_ctx * 2, (prompt_tokens or 0) + room), limit=most, loaded=None)
