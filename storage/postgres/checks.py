"""What is given to the store, checked and in one form."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np

from app.domain.documents import Collection, CollectionRecord, Unstorable, Vectors
from app.domain.errors import UserError
from app.domain.message import Message


def normal(name: str) -> str:
    # macOS hands out decomposed names: 한글 typed and 한글 from a file are one.
    return unicodedata.normalize("NFC", name.replace("\0", "")).strip()


def same_settings(one: Collection, other: Collection) -> bool:
    """Whether they differ at most in their names."""
    return replace(one, name="") == replace(other, name="")


def checked(vectors: Vectors, expected: int, record: CollectionRecord) -> Vectors:
    """As rows of float32 of length 1: only their direction is compared, and half precision holds no large numbers.

    Raises UserError for another dimension, or for what is no number.
    """
    found = np.ascontiguousarray(vectors, np.float32)
    if expected == 0:
        found = found.reshape(0, record.collection.dimension)
    model = str(record.collection.embedding)
    if found.ndim != 2 or found.shape[1] != record.collection.dimension:
        raise UserError(
            Message(
                "The collection “{name}” holds vectors of {wanted} dimensions ({model}), and these have {given}.",
                name=record.name,
                wanted=record.collection.dimension,
                model=model,
                given=found.shape[-1] if found.ndim else 0,
            ),
            Message("Use the embedding model that it was made with, or index it again: `collections reindex NAME`."),
        )
    if len(found) != expected:
        raise ValueError(f"{len(found)} vectors for {expected} passages")
    if not np.isfinite(found).all():
        raise Unstorable(
            Message("The embedding model {model} gave a vector that is no number.", model=model),
            Message("Try again; if it stays so, choose another embedding model."),
        )
    # By the largest number first, so that no square is too large or too small.
    found = found / _some(np.abs(found).max(axis=1, initial=0.0, keepdims=True))
    return np.ascontiguousarray(found / _some(np.linalg.norm(found, axis=1, keepdims=True)), np.float32)


def _some(lengths: Vectors) -> Vectors:
    return np.where(lengths > 0, lengths, np.float32(1))


def no_document(name: str) -> UserError:
    return UserError(
        Message("There is no document “{name}”.", name=name[:200]),
        Message("See what there is: `collections show NAME`."),
    )
