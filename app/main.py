"""The entry: `streamlit run app/main.py` finds `streamlit_app` in this file and serves it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run app/main.py` puts app/ first on the path, where our packages are not.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from streamlit.starlette import App  # noqa: E402

from app.api.health import routes  # noqa: E402
from app.bootstrap import close_shared, shared  # noqa: E402
from app.domain.errors import UserError  # noqa: E402


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """The engine and its children live as long as the server."""
    try:
        shared()
    except UserError as exc:
        # A start that fails ends the server with a traceback; the person needs the remedy instead.
        sys.stderr.write(f"\nUnderstudy cannot start. {exc.message}\n{exc.remedy}\n\n")
        raise SystemExit(3) from None
    try:
        yield
    finally:
        close_shared()


streamlit_app = App(ROOT / "app" / "ui" / "shell.py", lifespan=lifespan, routes=routes)
