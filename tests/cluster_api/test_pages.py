"""Lists of the API server, page by page."""

import json

import pytest
from dac.cluster import api

PAGES = {"": {"metadata": {"continue": "next"}, "items": [{"metadata": {"name": "a"}}]}}
NULL = {"metadata": {"resourceVersion": "7"}, "items": None}


@pytest.mark.parametrize(("pages", "names"), [({"": NULL}, []), ({**PAGES, "next": NULL}, ["a"])])
def test_a_list_of_nothing_is_null(monkeypatch: pytest.MonkeyPatch, pages: dict[str, object], names: list[str]) -> None:
    def asked(_self: object, _path: str, _accept: str, query: list[tuple[str, object]]) -> bytes:
        return json.dumps(pages[str(dict(query).get("continue", ""))]).encode()

    monkeypatch.setattr(api._Api, "_asked", asked)
    assert [item["metadata"]["name"] for item in api._Api(None, "docs").listed("workflows")] == names
