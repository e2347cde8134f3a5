"""The recordings of real servers in tests/wire, and how to play them again."""

from __future__ import annotations

import json
from pathlib import Path

from tests.servers.base import Reply

WIRE = Path(__file__).resolve().parent.parent / "wire"


def recording(name: str) -> dict[str, object]:
    """A recorded exchange from tests/wire."""
    data = json.loads((WIRE / f"{Path(name).name}.json").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


async def replay(name: str, reply: Reply) -> None:
    """The recorded answer, line by line, as fast as it goes."""
    try:
        seen = recording(name)
    except FileNotFoundError:
        await reply.json(404, {"error": {"message": f"no recording {name}", "type": "not_found_error"}})
        return
    headers, lines, status = seen["headers"], seen["lines"], seen["status"]
    assert isinstance(headers, dict) and isinstance(lines, list) and isinstance(status, int)
    texts = [str(line[1]) for line in lines]
    if status != 200 or "transfer-encoding" not in headers:
        await reply.send(status, "\n".join(texts).encode(), str(headers["content-type"]))
        return
    await reply.begin(str(headers["content-type"]))
    for text in texts:
        await reply.chunk(text.encode() + b"\n")
    await reply.end()
