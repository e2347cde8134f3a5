"""Text for people, written once in English and translated where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Param: TypeAlias = "str | int | float | Message"


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """An English template and its values, so that a stored message can be read in any language.

    ``Message("No key in {variable}.", variable="OPENAI_API_KEY")``. The template is the gettext
    msgid (Babel extracts it by the keyword ``Message``): keep it a plain literal at the call. A value
    may be a message itself, and is translated with it.
    """

    template: str
    params: Mapping[str, Param] = field(default_factory=dict)

    def __init__(self, template: str, /, **params: Param) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "params", params)

    def format(self, translate: Callable[[str], str] = str) -> str:
        """The text in the language of `translate` (msgid → translation); English by default."""
        template = translate(self.template)
        # A provider's own words can hold braces: they arrive as values, never as templates.
        values = {k: v.format(translate) if isinstance(v, Message) else v for k, v in self.params.items()}
        return template.format(**values) if values else template

    def __str__(self) -> str:
        return self.format()

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted(self.params.items(), key=lambda item: item[0]))))

    def to_dict(self) -> dict[str, object]:
        params = {k: v.to_dict() if isinstance(v, Message) else v for k, v in self.params.items()}
        return {"template": self.template, "params": params}

    @staticmethod
    def from_dict(data: Mapping[str, object]) -> Message:
        params = data.get("params")
        assert isinstance(params, Mapping)
        values = {k: Message.from_dict(v) if isinstance(v, Mapping) else v for k, v in params.items()}
        return Message(str(data["template"]), **values)
