"""The search service as OpenAPI describes it: what service.py answers at /openapi.json."""

from __future__ import annotations

from typing import Any


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


_TEXT = {"type": "string"}
_ERRORS = {
    "400": "the body, a question or the filter cannot be read; the message says why",
    "401": "no key, or one that is not in the Secret `search`",
    "424": "there is no index yet",
    "503": "too many questions wait; ask again in a second",
}
_QUESTION: dict[str, Any] = {
    "type": "object",
    "description": "`query` or `queries` is required",
    "additionalProperties": False,
    "properties": {
        "query": {**_TEXT, "minLength": 1, "description": "one question"},
        "queries": {
            **_list({**_TEXT, "minLength": 1}),
            "minItems": 1,
            "maxItems": 64,
            "description": "several at once",
        },
        "k": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 10,
            "description": "documents of a question",
        },
        "where": {**_TEXT, "description": "a filter over metadata, as `dac search --where` takes it"},
        "payload": {"type": "boolean", "default": False, "description": "hits have the passage and its place too"},
        "texts": {
            "type": "boolean",
            "default": False,
            "description": "hits have the passage under its titles, as text",
        },
        "fold": {"type": "boolean", "default": False, "description": "near-duplicates of a better hit are left out"},
    },
}
KEYS = tuple(_QUESTION["properties"])
_HIT = {
    "type": "object",
    "required": ["id", "source", "score", "metadata"],
    "properties": {
        "id": {**_TEXT, "description": "the document"},
        "source": {"type": ["string", "null"], "description": "what it came from"},
        "score": {"type": "number"},
        "metadata": {"type": "object"},
        "title": _TEXT,
        "heading": _TEXT,
        "text": _TEXT,
        "uri": _TEXT,
        "position": {"type": "integer"},
    },
}
_NOTED = {"notes": _list(_TEXT), "index": {**_TEXT, "description": "the version that answered"}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Search of an index of rag-indexing", "version": "1"},
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Question": _QUESTION,
            "Hit": _HIT,
            "Answer": {
                "type": "object",
                "properties": {
                    "hits": {**_list(_ref("Hit")), "description": "of `query`"},
                    "results": {
                        **_list({"type": "object", "properties": {"hits": _list(_ref("Hit"))}}),
                        "description": "of each of `queries`, in their order",
                    },
                    **_NOTED,
                },
            },
            "Error": {"type": "object", "properties": {"error": {"type": "object", "properties": {"message": _TEXT}}}},
        },
    },
    "paths": {
        "/search": {
            "post": {
                "summary": "the documents nearest to a question, the nearest first",
                "security": [{"key": []}, {}],
                "requestBody": {"required": True, **_json(_ref("Question"))},
                "responses": {
                    "200": {"description": "hits", **_json(_ref("Answer"))},
                    **{status: {"description": why, **_json(_ref("Error"))} for status, why in _ERRORS.items()},
                },
            }
        },
        "/v1/models": {
            "get": {"summary": "the version that is asked", "responses": {"200": {"description": "its name"}}}
        },
        "/health": {
            "get": {"summary": "whether the process answers", "responses": {"200": {"description": "it does"}}}
        },
        "/ready": {
            "get": {
                "summary": "whether there is an index to ask",
                "responses": {"200": {"description": "there is"}, "424": {"description": "there is none yet"}},
            }
        },
        "/metrics": {"get": {"summary": "for Prometheus", "responses": {"200": {"description": "text"}}}},
    },
}
