"""Our messages as HTML: whatever a server said in them stays text, `commands` become code."""

from __future__ import annotations

import re
from html import escape

_COMMAND = re.compile(r"`([^`\n]{1,300})`")


def marked_html(text: str) -> str:
    """Escaped, with what stands in backticks as code and line breaks kept."""
    return _COMMAND.sub(r"<code>\1</code>", escape(text)).replace("\n", "<br>")


def problem_html(message: str, remedy: str) -> str:
    """A box with what went wrong and what to do about it."""
    below = f"<div>{marked_html(remedy)}</div>" if remedy else ""
    return f'<div class="us-error" role="alert"><strong>{marked_html(message)}</strong>{below}</div>'
