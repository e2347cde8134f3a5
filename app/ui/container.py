"""How pages reach the engine."""

from __future__ import annotations

from app.bootstrap import Container, shared


def get_container() -> Container:
    """The container of this process.

    Under `streamlit run` the server built it before the first page; under AppTest, where no server
    runs, the first page builds it. Raises UserError for settings that cannot work.
    """
    return shared()
