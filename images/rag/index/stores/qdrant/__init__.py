"""Qdrant: a server by URL, or the client's embedded mode by folder.

Bulk loading follows https://qdrant.tech/documentation/manage-data/bulk-upload/: the graph is deferred by `m=0` while
loading, which spares memory beside not indexing at all, and built after. Embedded mode has no index to defer, searches
exactly, and locks its folder to one process.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runtime.errors import TryAgain

from index.stores.base import StoreError, key
from index.stores.qdrant.client import QdrantClient
from index.stores.qdrant.store import Qdrant
from index.stores.trust import authority


def open_store(url: str, facts: Mapping[str, Any]) -> Qdrant:
    """Open the server or the folder. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        Path(parts.path).mkdir(parents=True, exist_ok=True)
        try:
            # Its advice to use a server above 20,000 points is the catalog's business, not this run's.
            warnings.filterwarnings("ignore", module="qdrant_client")
            return Qdrant(QdrantClient(path=parts.path), url, facts)
        except RuntimeError as error:
            if "already accessed" in str(error):
                raise TryAgain(
                    f"{parts.path}: another process has the embedded Qdrant open; it takes one at a time"
                ) from error
            raise
    if parts.scheme not in ("http", "https"):
        raise StoreError(f"the address {url!r} is neither an http(s):// server of Qdrant nor a file:// folder")
    file = authority() if parts.scheme == "https" else None
    trusted: dict[str, Any] = {"verify": ssl.create_default_context(cafile=file)} if file else {}
    wait = facts.get("timeout", 60)
    with warnings.catch_warnings():  # http:// inside a cluster is the catalog's choice
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        client = QdrantClient(url=url, api_key=key(), timeout=wait, check_compatibility=False, **trusted)
    return Qdrant(client, url, facts)
