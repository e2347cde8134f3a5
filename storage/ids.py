"""Ids that a person can copy, shorten and say."""

from __future__ import annotations

import secrets

_LETTERS = "abcdefghjkmnpqrstvwxyz"
_ALPHABET = "0123456789" + _LETTERS
LENGTH = 16
SHORTEST = 4


def new_id() -> str:
    """16 random characters without look-alikes (i, l, o, u are left out, as in Crockford's base 32).

    Random from the first character on, so that four characters name one of thousands (a time at the
    front would make all of this week's begin alike); order comes from `created_at`. It begins with a
    letter, so that no spreadsheet takes it for a number and no command line for an option.
    """
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH - 1))
