"""Servers behind a wire that breaks: what was cut is asked again, no run fails, and the index is right.

Embedded Qdrant has no wire: there test_truth.py cuts its client's requests.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from in_process import quick
from proxy import proxied
from servers import Address
from world import World, difference, prose

CUTS = [300, 2_000, 9_000, 700, 20_000, 4_000, 1_500, 30_000]


def test_a_server_that_drops_connections_is_asked_again(
    tmp_path: Path, server: Address, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = urlsplit(server.url)
    with contextlib.ExitStack() as stack:
        stack.enter_context(quick(waits=True))
        wires = [stack.enter_context(proxied(parts.port or 443, CUTS))]
        facts = {**server.facts, "retain": 2}
        if "grpc_port" in facts:
            wires.append(stack.enter_context(proxied(facts["grpc_port"], CUTS)))
            facts["grpc_port"] = wires[1].port
        url = f"{parts.scheme}://{parts.hostname}:{wires[0].port}"
        world = World(tmp_path, STORE_URL=url, STORE=json.dumps(facts), PROJECT=f"p{uuid.uuid4().hex[:8]}")
        for number in range(8):
            world.put(f"doc-{number}", prose(number, 10 + 12 * number))
        for revision in "aabb":
            world.model(revision)
            world.put("doc-3", prose(ord(revision) + world.runs, 30))
            world.documents.pop(f"doc-{7 - world.runs}", None)
            world.export()
            assert world.attempt() is None
            assert difference(world.index(), world.expected()) == ""
        with capfd.disabled():
            print(f"\n{facts['engine']}: {sum(wire.cuts for wire in wires)} connections cut during {world.runs} runs")
        assert sum(wire.cuts for wire in wires) >= len(CUTS)
        with world.store() as store:
            for collection in world.collections():
                store.drop(collection)
