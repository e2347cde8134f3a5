"""The catalogues: .po files, read as they are.

A compiled .mo would be a binary in git that can be stale, or a build step after each checkout.
Reading the .po takes a few milliseconds, once a process.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "en"
FOLDER = Path(__file__).parent / "locale"


def po_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "understudy.po"


def read(language: str) -> Catalog:
    """The catalogue as written, untranslated and fuzzy entries too. Raises OSError."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@cache
def load(language: str) -> NullTranslations:
    """What gettext looks up: entries that are translated and not fuzzy; English needs none."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return GNUTranslations(compiled)
