"""Test cases of promptfoo as rows: `vars`, `assert`, `metadata` (promptfoo.dev/docs/configuration/test-cases).

A test's question is the variable that is called so, or the only one there is. What an assertion
compares the output with is the reference; `is-json` and `contains-json` ask for JSON. Assertions that hold
no reference (`llm-rubric`, `javascript`, `latency`, …) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.errors import UserError
from app.domain.message import Message
from app.services.questions.columns import named

# The more of the whole answer an assertion spells out, the better a reference it makes.
_REFERENCES = (
    *("equals", "factuality", "model-graded-factuality", "model-graded-closedqa", "similar", "rouge-n", "bleu"),
    *("gleu", "meteor", "levenshtein", "answer-relevance", "contains-all", "icontains-all", "contains", "icontains"),
    *("contains-any", "icontains-any", "starts-with"),
)
_JSON = ("is-json", "contains-json")
_LISTS = ("contains-all", "icontains-all")
_FILE = "file://"


def is_test(item: Mapping[object, object]) -> bool:
    return "vars" in item or "assert" in item


def fields_of(test: Mapping[object, object], default: Mapping[object, object], unused: list[str]) -> dict[str, object]:
    """Our fields of one test over the file's `defaultTest`. Raises UserError for what is no single question."""
    variables = {**_mapping(default, "vars"), **_mapping(test, "vars")}
    about, idle = named({**_mapping(default, "metadata"), **_mapping(test, "metadata")})
    about.pop("question", None)
    fields, other = named(variables)
    if "question" not in fields:
        if len(other) != 1:
            raise UserError(
                Message("None of its variables is the question: {names}.", names=", ".join(other[:8]) or "–"),
                Message("Call one of them `question`."),
            )
        fields["question"] = variables[other.pop()]
    if isinstance(fields["question"], Mapping | list):
        raise UserError(
            Message("Its question is a list or an object: promptfoo makes several tests of it."),
            Message("Write a test for each."),
        )
    if str(fields["question"]).startswith(_FILE):
        raise UserError(
            Message("Its question is in another file: {name}.", name=str(fields["question"])[:120]),
            Message("Write the question itself."),
        )
    fields = {**about, **fields}
    asserted(fields, [*_list(default.get("assert")), *_list(test.get("assert"))])
    if isinstance(test.get("description"), str):
        fields.setdefault("description", test["description"])
    unused += [name for name in (*other, *idle) if name not in unused]
    return fields


def expected(fields: dict[str, object], cells: Sequence[str]) -> None:
    """Add what promptfoo's CSV columns `__expected` say: “contains: Paris”, “is-json”, or the answer itself."""
    known = {*_REFERENCES, *_JSON}
    for cell in cells:
        kind, colon, value = cell.partition(":")
        kind = kind.strip()
        if kind in known and (colon or kind in _JSON):
            asserted(fields, [{"type": kind, "value": value.strip()}])
        elif not (colon and kind.replace("-", "").isalpha() and kind.islower()):
            asserted(fields, [{"type": "equals", "value": cell.strip()}])


def asserted(fields: dict[str, object], assertions: Sequence[object]) -> None:
    """Add the reference and the wish for JSON that the assertions hold."""
    found: dict[str, str] = {}
    for assertion in assertions:
        if not isinstance(assertion, Mapping):
            continue
        kind, value = str(assertion.get("type", "")), assertion.get("value")
        if kind == "assert-set":
            asserted(fields, _list(assertion.get("assert")))
        elif kind in _JSON:
            fields["wants_json"] = True
        elif kind in _REFERENCES and (text := _reference(kind, value)):
            found.setdefault(kind, text)
    if not str(fields.get("reference") or "").strip():
        best = next((found[kind] for kind in _REFERENCES if kind in found), None)
        if best is not None:
            fields["reference"] = best


def _reference(kind: str, value: object) -> str:
    if isinstance(value, list):
        words = [str(v) for v in value if isinstance(v, str | int | float)]
        return ", ".join(words if kind in _LISTS else words[:1])
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    # A template or a file is no text to compare with.
    return "" if text.startswith((_FILE, "package:")) or "{{" in text else text


def _mapping(test: Mapping[object, object], name: str) -> Mapping[object, object]:
    value = test.get(name)
    if value is None or value == "":
        return {}
    if isinstance(value, Mapping):
        return value
    raise UserError(
        Message("`{name}` is not a list of names with values.", name=name),
        Message("Write them below it, one a line: question: What is …?"),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
