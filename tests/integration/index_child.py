"""A process that indexes a folder, to be killed: python -m tests.integration.index_child ADDRESS SCHEMA FOLDER HOME."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.retrieval.tokenising import tokeniser
from app.services.documents.named import sources
from storage.postgres.passages import PgPassageStore
from tests.integration.indexing_world import HashEmbedder, indexing


def main(address: str, schema: str, folder: str, home: str) -> int:
    def before(texts: Sequence[str]) -> None:
        # Slow enough to be killed in the middle, and telling the parent when that is.
        print("embedding", flush=True)  # noqa: T201
        time.sleep(0.01 * len(texts))

    embedder = HashEmbedder()
    embedder.before = before
    store = PgPassageStore(lambda: address, tokeniser, place="test", schema_name=schema)
    with indexing(Path(home), embedder, store=store) as index:
        job = index.start(sources([Path(folder)]), "handbook", embedding=embedder.model)
        job.wait(120)
        failed = job.state().failed
    store.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
