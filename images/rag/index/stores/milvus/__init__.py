"""Milvus: a server by URL, or milvus-lite by file (file:///folder/name.db), which one process opens at a time.

Names there hold no dash: `docs_search-a` is `d_docs_ssearch__a` (names.py). A collection is made without an index.
`ready` flushes, builds it over what was loaded and loads the collection: the order that Milvus allows
(https://github.com/milvus-io/milvus/discussions/32723) and advises for data that comes at once
(https://milvus.io/docs/v1.1.0/create_drop_index_python.md). What comes later is indexed as segments are sealed. Reads
are strong: what was written is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymilvus import MilvusClient

from index.stores.base import StoreError, key
from index.stores.milvus.store import Milvus
from index.stores.trust import authority


def open_store(url: str, facts: Mapping[str, Any]) -> Milvus:
    """Open the server or the file. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        Path(parts.path).parent.mkdir(parents=True, exist_ok=True)
        return Milvus(lambda: MilvusClient(uri=parts.path), url, facts)
    if parts.scheme not in ("http", "https"):
        raise StoreError(f"the address {url!r} is neither an http(s):// server of Milvus nor a file:// database")
    secure: dict[str, Any] = {"secure": True} if parts.scheme == "https" else {}
    if secure and (file := authority()):
        secure["server_pem_path"] = str(file)
    wait = min(10, facts.get("timeout", 60))
    return Milvus(lambda: MilvusClient(uri=url, token=key() or "", timeout=wait, **secure), url, facts)
