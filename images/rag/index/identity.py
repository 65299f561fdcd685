"""Names that follow from what is indexed: the fingerprint, a collection's name, a point's id."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from runtime.settings import Run

from index import about, readers

# Raised when the same text would give other chunks or other payloads: each starts a new collection.
CHUNKER, SCHEMA = 4, 2
_NAMESPACE = uuid.UUID("5d1f3f2e-6a0b-5c6e-9a6f-8f2c1f0e7a11").bytes
_MODEL_FACTS = ("revision", "weights", "dimension", "max_tokens", "pooling", "normalise", "document_prefix")
_SERVED_FACTS = ("api", "model", "tokenizer")


def fingerprint(model: Mapping[str, Any], chunking: Mapping[str, Any], distance: str) -> str:
    """Return what makes two indexes of the same documents equal: chunker, model revision, readers, schema."""
    facts = {
        "chunker": [CHUNKER, chunking["tokens"], chunking["overlap"], about.context(chunking)],
        "model": model_facts(model),
        "readers": readers.version(),
        "schema": [SCHEMA, distance],
    }
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def model_facts(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a model that its vectors of documents follow from."""
    served = {key: model[key] for key in _SERVED_FACTS if key in model}  # absent ones change no fingerprint
    return {key: model.get(key) for key in _MODEL_FACTS} | served


def alias(run: Run) -> str:
    """Return the name under which readers find a pipeline's index.

    Names of projects and pipelines hold letters, digits and dashes: joined by anything else, two pairs never meet.
    """
    return f"{run.project}_{run.pipeline}"


def former_alias(run: Run) -> str:
    """Return the name until 28 November 2026, which two pairs could share: `a/b-c` and `a-b/c`."""
    return f"{run.project}-{run.pipeline}"


def collection(alias: str, fingerprint: str) -> str:
    """Return the collection that holds the index of that fingerprint."""
    return f"{alias}-{fingerprint[:12]}"


def point(document: str, chunk: int, fingerprint: str) -> str:
    """Return the id of a document's chunk: a UUIDv5, equal for equal input.

    The standard library's uuid5 written out, without a UUID object for every point.
    """
    name = f"{document}\0{chunk}\0{fingerprint}".encode()
    raw = bytearray(hashlib.sha1(_NAMESPACE + name, usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def points(document: str, count: int, fingerprint: str) -> list[str]:
    """Return the ids of a document's first `count` chunks."""
    return [point(document, chunk, fingerprint) for chunk in range(count)]
