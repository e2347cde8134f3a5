"""`python -m app.i18n.extract`: bring the catalogues up to date with the code, and list what lacks a translation.

The files hold no dates and no line numbers, so that an update changes only the texts that changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from app.i18n import LANGUAGES
from app.i18n.catalogue import SOURCE, po_file, read
from app.i18n.sources import Found, Key, find

HEADER = r"""# Understudy. English is the key; write the translation below it.
msgid ""
msgstr ""
"Project-Id-Version: Understudy\n"
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"

"""


def keys(found: Iterable[Found]) -> dict[Key, str]:
    """The texts with the file that each is first found in; one with a plural takes the place of the same without."""
    places: dict[Key, str] = {}
    for text in found:
        if text.key is not None:
            places.setdefault(text.key, text.file)
    plural = {key[0] for key in places if isinstance(key, tuple)}
    return {key: file for key, file in places.items() if key not in plural}


def merged(old: Catalog, wanted: Iterable[Key]) -> Catalog:
    """A catalogue of the wanted texts, with the translations that the old one has for them."""
    new = Catalog(locale=old.locale, charset="utf-8")
    for key in wanted:
        known = old.get(key)
        if known is not None and known.id == key:
            new.add(key, known.string, flags=known.flags, user_comments=known.user_comments)
        else:
            new.add(key)
    return new


def written(catalogue: Catalog) -> bytes:
    """The .po file of a catalogue."""
    body = BytesIO()
    write_po(body, catalogue, width=118, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = HEADER.format(language=catalogue.locale_identifier, plurals=catalogue.plural_forms)
    return header.encode() + body.getvalue().lstrip(b"\n")


def untranslated(catalogue: Catalog) -> list[Key]:
    """The texts that a reader would see in English, in the file's order."""
    return [key_of(m) for m in catalogue if m.id and (m.fuzzy or not all(strings_of(m)))]


def key_of(message: Message) -> Key:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def strings_of(message: Message) -> list[str]:
    """Its translations, one for each plural form; empty where there is none yet."""
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


def main() -> int:
    wanted = keys(find())
    lines: list[str] = []
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        path = po_file(language)
        old = read(language) if path.exists() else Catalog(locale=language)
        new = merged(old, wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(new))
        gone = sum(1 for m in old if m.id and key_of(m) not in wanted)
        missing = untranslated(new)
        lines.append(f"{language}: {len(wanted)} texts, {gone} gone, {len(missing)} to translate")
        lines += [f"{wanted[key]}: {key!r}" for key in missing]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
