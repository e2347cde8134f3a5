"""Which file a model name means, and what is in the models folder."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import ModelInfo, ModelRef
from app.providers.catalogue import CATALOGUE, Entry
from app.providers.gguf_header import BadHeader, Header, read_header

_LATER_PART = re.compile(r"-(?!00001-)\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_MOST_FILES = 2_000


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`name` is how it is asked for: a catalogue key, or its place in the models folder, or its path."""

    name: str
    path: Path
    header: Header


class ModelFiles:
    """Blocking: call it in a thread. Headers are read once for each version of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._headers: dict[Path, tuple[tuple[int, int], Header]] = {}

    def find(self, name: str) -> ModelFile:
        """The file that `name` means. Raises ProviderError: UNKNOWN_MODEL or BAD_MODEL_FILE."""
        path = self._path(name)
        return ModelFile(name, path, self._checked(path))

    def list(self) -> Sequence[ModelInfo]:
        """What can be asked, by name; files that are broken are left out, `find` says why."""
        keys = {entry.file: key for key, entry in CATALOGUE.items()}
        infos: dict[str, ModelInfo] = {}
        files = list(self._folder_files())
        stems = Counter(path.stem for path in files)
        for path in files:
            try:
                header = self._checked(path)
            except ProviderError:
                continue
            if header.architecture == "clip":  # the eyes of a vision model: no model of its own
                continue
            place = path.relative_to(self.folder).with_suffix("").as_posix()
            name = keys.get(path.name) or (path.stem if stems[path.stem] == 1 else place)
            infos.setdefault(
                name,
                ModelInfo(
                    ref=ModelRef("gguf", name),
                    size=header.size,
                    quantization=header.quantization,
                    family=header.architecture,
                    parameters=header.size_label,
                    context_window=header.context_length,
                    local=True,
                ),
            )
        return [infos[name] for name in sorted(infos)]

    def fetched(self, entry: Entry) -> Path | None:
        """Where the catalogue entry's file is, if it is there."""
        return next((p for p in self._folder_files() if p.name == entry.file), None)

    def _folder_files(self) -> Iterator[Path]:
        found = 0
        for place, folders, files in os.walk(self.folder):
            # Hidden folders hold what is still being fetched.
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for file in sorted(files):
                if file.lower().endswith(".gguf") and not file.startswith(".") and not _LATER_PART.search(file):
                    found += 1
                    if found > _MOST_FILES:
                        return
                    yield Path(place) / file

    def _path(self, name: str) -> Path:
        if "\0" in name or len(name) > 4_000:
            raise _unknown(name, self.folder)
        if name in CATALOGUE:
            path = self.fetched(CATALOGUE[name])
            if path is None:
                raise ProviderError(
                    Fault.UNKNOWN_MODEL,
                    Message("The model file of {model} is not on this machine yet.", model=name),
                    Message("Fetch it: `{command}`.", command=CATALOGUE[name].command),
                )
            return path
        if name.startswith("~") or Path(name).is_absolute():
            return self._given_path(name)
        wanted = name.replace("\\", "/")
        files = list(self._folder_files())
        places = {p.relative_to(self.folder).as_posix(): p for p in files}
        for candidate in (wanted, f"{wanted}.gguf"):
            if candidate in places:
                return places[candidate]
        same = [p for p in files if name in (p.name, p.stem)]
        if len(same) > 1:
            raise ProviderError(
                Fault.UNKNOWN_MODEL,
                Message("“{model}” means more than one file in the models folder.", model=name),
                Message(
                    "Write one of: {names}.",
                    names=", ".join(f"gguf:{p.relative_to(self.folder).as_posix()}" for p in same[:5]),
                ),
            )
        if not same:
            raise _unknown(name, self.folder)
        return same[0]

    def _given_path(self, name: str) -> Path:
        try:
            path = Path(name).expanduser()
            there, folder = path.exists(), path.is_dir()
        except (OSError, RuntimeError) as exc:
            raise _bad(name, str(exc)) from None
        if folder or not there:
            raise ProviderError(
                Fault.BAD_MODEL_FILE,
                Message("There is no file {path}.", path=name),
                Message("Check the path; it must name a .gguf file on the machine that runs Understudy."),
            )
        return path

    def _checked(self, path: Path) -> Header:
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size)
            known = self._headers.get(path)
            if known is None or known[0] != version:
                known = self._headers[path] = (version, read_header(path))
        except BadHeader as exc:
            raise _flawed(path, exc) from None
        except OSError as exc:
            raise _bad(path.name, exc.strerror or str(exc)) from None
        for entry in CATALOGUE.values():
            if path.name == entry.file and stat.st_size != entry.size:
                raise ProviderError(
                    Fault.BAD_MODEL_FILE,
                    Message(
                        "{file} is {size} bytes long and should be {right}: it is incomplete or another file.",
                        file=path.name,
                        size=stat.st_size,
                        right=entry.size,
                    ),
                    Message("Delete it and fetch it again: `{command}`.", command=entry.command),
                )
        return known[1]


def _unknown(name: str, folder: Path) -> ProviderError:
    return ProviderError(
        Fault.UNKNOWN_MODEL,
        Message("There is no model file “{model}” in the models folder.", model=name[:200].replace("\0", "�")),
        Message(
            "Put a .gguf file into {folder}, name one by its path (gguf:/path/file.gguf), or fetch one: `{command}`.",
            folder=str(folder),
            command=next(iter(CATALOGUE.values())).command,
        ),
    )


def _flawed(path: Path, exc: BadHeader) -> ProviderError:
    again = Message("Download or copy the file again.")
    match exc.flaw:
        case "empty":
            return ProviderError(Fault.BAD_MODEL_FILE, Message("{file} is empty.", file=path.name), again)
        case "cut":
            return ProviderError(Fault.BAD_MODEL_FILE, Message("{file} is cut short.", file=path.name), again)
        case "not_gguf":
            return ProviderError(
                Fault.BAD_MODEL_FILE,
                Message("{file} is not a GGUF file: it does not begin with the letters GGUF.", file=path.name),
                Message("Choose a .gguf file; a web page saved under that name is a common cause."),
            )
    return _bad(path.name, str(exc))


def _bad(file: str, detail: str) -> ProviderError:
    return ProviderError(
        Fault.BAD_MODEL_FILE,
        Message("{file} cannot be read: {detail}", file=file, detail=detail[:300]),
        Message("Download or copy the file again, or choose another one."),
    )
