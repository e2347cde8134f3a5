"""Indexing, search and collections as the JSON objects that the command line prints.

The names are stable; docs/cli.md describes them. Text is English.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.documents import CollectionRecord, DocumentRecord
from app.domain.embedding import EmbeddingCost
from app.domain.indexing import FileProgress, IndexingState
from app.domain.searching import Hit, SearchResult


def indexing_to_dict(state: IndexingState, estimate: EmbeddingCost | None = None) -> dict[str, object]:
    """`estimate` is what was said before it began; None where embedding is free."""
    return {
        "collection": state.collection,
        "documents": [_file(f) for f in state.files],
        "seconds": round(state.seconds, 3),
        "estimate": None if estimate is None else _cost(estimate),
        "cost": _cost(state.cost),
        "problem": str(state.problem) if state.problem else None,
    }


def _cost(cost: EmbeddingCost) -> dict[str, object]:
    usd = None if cost.usd is None else format(cost.usd, "f")
    return {"tokens": cost.tokens, "usd": usd, "source": cost.source}


def _file(file: FileProgress) -> dict[str, object]:
    return {
        "name": file.name,
        "status": file.status.value,
        "pages": file.pages,
        "passages": file.passages,
        "reason": str(file.reason) if file.reason else None,
        "remedy": str(file.remedy) if file.remedy else None,
        "notices": [str(notice) for notice in file.notices],
        "replaced": file.replaced,
    }


def search_to_dict(found: SearchResult) -> dict[str, object]:
    """`timing` is seconds by step, and their `total`."""
    return {
        "query": found.query,
        "collection": found.collection,
        "mode": found.settings.mode.value,
        "timing": {step.name: round(step.seconds, 6) for step in found.steps} | {"total": round(found.seconds, 6)},
        "queries": list(found.queries),
        "notices": [str(notice) for notice in found.notices],
        "passages": [_hit(hit) for hit in found.hits],
    }


def _hit(hit: Hit) -> dict[str, object]:
    p = hit.passage
    return {
        "rank": hit.rank,
        "document": p.document,
        "page": p.page,
        "start": p.start,
        "end": p.end,
        "heading": p.heading,
        "text": p.text,
        "extract": hit.extract,
        "score": hit.score,
        "dense": hit.dense,
        "keyword": hit.keyword,
    }


def collection_to_dict(record: CollectionRecord) -> dict[str, object]:
    made = record.collection
    return {
        "name": made.name,
        "embedding": str(made.embedding),
        "dimension": made.dimension,
        "chunking": {
            "size": made.chunking.size,
            "overlap": made.chunking.overlap,
            "unit": made.chunking.unit,
        },
        "tokeniser": made.tokeniser.value,
        "documents": record.documents,
        "passages": record.passages,
        "characters": record.characters,
        "bytes": record.bytes,
        "created_at": record.created_at.isoformat(),
        "table": f"{record.schema}.{record.table}",
        "indexed": record.indexed,
    }


def documents_to_list(records: Sequence[DocumentRecord]) -> list[dict[str, object]]:
    return [
        {
            "name": d.name,
            "digest": d.digest,
            "media_type": d.media_type,
            "bytes": d.size,
            "pages": d.pages,
            "passages": d.passages,
            "characters": d.characters,
            "indexed_at": d.indexed_at.isoformat(),
        }
        for d in records
    ]
