"""Weaviate: a server by URL, with its gRPC port beside it (?grpc_port=50051, or the catalog's fact of that name).

Names there begin with a capital letter and hold no dash: `docs_search-a` is `D_docs_ssearch__a` (names.py). Aliases are
Weaviate's own (1.32 and newer), which queries take like a collection's name. To defer indexing is the server's choice:
with ASYNC_INDEXING it stores at once and indexes behind
(https://docs.weaviate.io/weaviate/config-refs/indexing/vector-index), and `ready` waits until its queues are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from index.stores.base import StoreError
from index.stores.weaviate.store import Weaviate


def open_store(url: str, facts: Mapping[str, Any]) -> Weaviate:
    """Open the server. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"the address {url!r} is not an http(s):// server of Weaviate")
    return Weaviate(url, facts)
