"""ConfigMaps and Secrets that a workflow's file brings along."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from dac.model import Document, Finding
from dac.run.argo.node import JSON

_ENCODED = {"ConfigMap": "binaryData", "Secret": "data"}
_AS_WRITTEN = {"ConfigMap": "data", "Secret": "stringData"}


def data_of(item: JSON) -> dict[str, str]:
    """Return each key's text: what a Secret has in base64, and over it what it has as it is."""
    kind = item["kind"]
    encoded, written = (item.get(fields[kind]) or {} for fields in (_ENCODED, _AS_WRITTEN))
    return {
        **{key: _decoded(str(value)) for key, value in encoded.items()},
        **{key: str(value) for key, value in written.items()},
    }


def findings(document: Document) -> Iterator[Finding]:
    """Yield each value that is not text in base64 where it has to be."""
    field, written = (fields.get(document.data.get("kind"), "") for fields in (_ENCODED, _AS_WRITTEN))
    for key, value in (document.data.get(field) or {}).items():
        try:
            _decoded(str(value))
        except ValueError:
            place, message = document.at((field, key)), f'"{field}.{key}" is not text in base64'
            yield Finding(place, "run.encoded", message, f"encode it, or write it as it is under {written}")


def _decoded(value: str) -> str:
    return base64.b64decode(value, validate=True).decode()
