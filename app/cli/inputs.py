"""What people give a command: text from a pipe or a file, models, sampling."""

from __future__ import annotations

import locale
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import UserError
from app.domain.message import Message

if TYPE_CHECKING:
    from app.domain.evidence import Evidence
    from app.domain.models import Contestant, Reasoning, Sampling

MAX_BYTES = 20_000_000


def read_text(source: str, what: str) -> str:
    """`source` is a path, or “-” for stdin. Raises UserError."""
    if source == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UserError(
                Message("“-” reads {what} from a pipe, and there is none.", what=what),
                Message("For example: echo 'Why?' | python -m app compare --model builtin:lead --prompt -"),
            )
        return decode(sys.stdin.buffer.read(), "stdin")
    try:
        path = Path(source).expanduser()
        if path.stat().st_size > MAX_BYTES:
            raise UserError(
                Message("{path} is larger than {n} MB.", path=source, n=MAX_BYTES // 1_000_000),
                Message("Give the part that the question is about."),
            )
        return decode(path.read_bytes(), source)
    except (OSError, ValueError) as exc:
        raise UserError(
            Message("{path} cannot be read: {reason}.", path=source[:300], reason=getattr(exc, "strerror", "") or "no"),
            Message("Check the path."),
        ) from None


def read_bytes(source: str) -> bytes:
    """`source` is a path, or “-” for stdin. Raises UserError."""
    if source == "-" and sys.stdin is not None and not sys.stdin.isatty():
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        path = Path(source).expanduser()
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise UserError(
            Message("{path} cannot be read: {reason}.", path=source[:300], reason=getattr(exc, "strerror", "") or "no"),
            Message("Check the path."),
        ) from None


def decode(raw: bytes, source: str) -> str:
    """Text in UTF-8, or in the system's own encoding (a Korean Windows pipes cp949). Raises UserError."""
    for encoding in ("utf-8-sig", locale.getencoding()):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UserError(Message("{source} is not text in UTF-8.", source=source[:300]), Message("Save it as UTF-8."))


def evidence(sources: Sequence[str]) -> Evidence:
    """The files (or “-”) as passages. Raises UserError."""
    from app.services.comparing.pasted import pasted

    return pasted([("stdin" if s == "-" else Path(s).name, read_text(s, "the context")) for s in sources])


def contestants(models: Sequence[str], shared: Sampling, settings: Sequence[str]) -> tuple[Contestant, ...]:
    """The models with the sampling that all share, and `settings` (“2:temperature=0.9”) over it. Raises UserError."""
    from app.domain.models import Contestant, ModelRef, check_sampling

    check_sampling(shared)
    refs = [ModelRef.parse(m) for m in models]
    own = [shared] * len(refs)
    for setting in settings:
        number, colon, assignment = setting.partition(":")
        field, equals, value = assignment.partition("=")
        if not (colon and equals and number.isdecimal() and 1 <= int(number) <= len(refs)):
            raise UserError(
                Message("“{text}” is not a setting of one contestant.", text=setting[:200]),
                Message("Write its number, the field and the value: --set 2:temperature=0.9"),
            )
        own[int(number) - 1] = _with(own[int(number) - 1], field.strip().replace("-", "_"), value.strip())
    return tuple(Contestant(ref, sampling) for ref, sampling in zip(refs, own, strict=True))


def _with(sampling: Sampling, field: str, value: str) -> Sampling:
    from app.domain.models import SAMPLING_FIELDS, Sampling, check_sampling, not_a_value

    parsed: object
    try:
        match field:
            case "temperature" | "top_p" | "frequency_penalty" | "presence_penalty" | "repeat_penalty":
                parsed = float(value)
            case "top_k" | "max_tokens" | "seed":
                parsed = int(value)
            case "stop":
                parsed = (value,)
            case "reasoning":
                parsed = reasoning_level(value)
            case _:
                raise UserError(
                    Message("There is no sampling field “{name}”.", name=field[:80]),
                    Message("Choose one of {names}.", names=", ".join(SAMPLING_FIELDS)),
                )
    except ValueError:
        raise not_a_value(field, value) from None
    changed = Sampling(**{field: parsed}).over(sampling)  # type: ignore[arg-type]
    check_sampling(changed)
    return changed


def reasoning_level(value: str) -> Reasoning:
    """Raises UserError for a level that does not exist."""
    from app.domain.models import not_a_value

    match value:
        case "none" | "low" | "medium" | "high":
            return value
    raise not_a_value("reasoning", value)


def sampling_preset(key: str) -> Sampling:
    """Raises UserError for a preset that does not exist."""
    from app.domain.models import PRESETS

    for preset in PRESETS:
        if preset.key == key:
            return preset.sampling
    raise UserError(
        Message("There is no preset “{name}”.", name=key[:80]),
        Message("Choose one of {names}.", names=", ".join(p.key for p in PRESETS)),
    )
