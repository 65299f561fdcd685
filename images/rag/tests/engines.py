"""The stores' engines as tests of their messages call them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from index.stores import Store, StoreError
from servers import NAMED

ENGINES = ("qdrant", "weaviate", "milvus")
OUTSIDE = [f"{engine}-named" for engine, variable in NAMED.items() if os.environ.get(variable)]
NAMES = {"qdrant": "Qdrant", "weaviate": "Weaviate", "milvus": "Milvus"}
EYE = np.eye(8, dtype=np.float32)


def write(store: Store, collection: str, vectors: np.ndarray) -> None:
    """Write vectors as points with a payload."""
    ids = [str(uuid.uuid4()) for _ in vectors]
    store.upsert(collection, ids, vectors, [{"document": "d", "hash": "etag:1", "metadata": "{}"}] * len(ids))


def message_of(call: Callable[[], Any], kind: type[Exception] = StoreError) -> str:
    """Return the message of the error that the call raises."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)
