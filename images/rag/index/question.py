"""The body of a request to the search service: what is asked, how much is wanted, and how it is shown."""

from __future__ import annotations

import difflib
from typing import Any

from index.openapi import KEYS

MOST_HITS = 1000
MOST_QUERIES = 64
_FLAGS = ("payload", "texts", "fold")


def asked(body: dict[str, Any]) -> tuple[list[str], int, list[str]]:
    """Return the questions, how many documents are wanted of each, and the filters that they pass.

    Raises:
        ValueError: a question or the filter is not a text, a number is not within its bounds, or a key is unknown.
    """
    for key, value in body.items():
        if key not in KEYS:
            raise ValueError(f"unknown key {key!r}{_guess(key)}")
        if key in _FLAGS and not isinstance(value, bool):
            raise ValueError(f'"{key}" must be true or false')
    if not body.keys() & {"query", "queries"}:
        raise ValueError('"query" is missing: a question, or several in "queries"')
    if "queries" in body and "query" in body:
        raise ValueError('either "query" or "queries"')
    queries = body["queries"] if "queries" in body else [body["query"]]
    if not isinstance(queries, list) or not 1 <= len(queries) <= MOST_QUERIES:
        raise ValueError(f'"queries" must be a list of 1 to {MOST_QUERIES} texts')
    if not all(isinstance(query, str) and query.strip() for query in queries):
        raise ValueError('"query" must be a text' if "query" in body else 'each of "queries" must be a text')
    wanted = body.get("k", 10)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= MOST_HITS:
        raise ValueError(f'"k" must be a whole number from 1 to {MOST_HITS}')
    if not isinstance(where := body.get("where", ""), str):
        raise ValueError('"where" must be a text such as "year >= 2024"')
    return queries, wanted, [where] if where else []


def _guess(key: str) -> str:
    close = difflib.get_close_matches(key, KEYS, 1)
    return f'; did you mean "{close[0]}"?' if close else f"; a question has {', '.join(KEYS)}"
