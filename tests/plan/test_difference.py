"""Values that differ are found where they stand, and what is equal in other words is not a difference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dac.model.object_path import written
from dac.plan import differences
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def lines(before: Any, after: Any) -> list[str]:
    return [f"{d.how} {written(d.path)}: {d.before!r} {d.after!r}" for d in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["changed a.b: 1 2"]),
        ({"a": 1}, {"b": 1}, ["removed a: 1 None", "added b: None 1"]),
        ({"a": 1}, {"a": True}, ["changed a: 1 True"]),
        (
            [{"name": "x", "v": 1}, {"name": "y"}],
            [{"name": "y"}, {"name": "x", "v": 2}],
            ["changed [x].v: 1 2", "reordered : ['x', 'y'] ['y', 'x']"],
        ),
        ({"a": [1, 2, 3]}, {"a": [3, 1, 2]}, ["reordered a: [1, 2, 3] [3, 1, 2]"]),
        ({"a": [1, 2]}, {"a": [1, 2, 2]}, ["added a[1]: None 2"]),
        ({"a": [1, 5, 2]}, {"a": [1, 6, 2]}, ["changed a[1]: 5 6"]),
        ({"e": '{"a": 1, "b": 2}'}, {"e": '{"b": 2, "a": 3}'}, ["changed e.a: 1 3"]),
        ({"e": '{"a": 1}'}, {"e": '{ "a":1 }'}, []),
        ({"e": "{{item}}"}, {"e": "{{other}}"}, ["changed e: '{{item}}' '{{other}}'"]),
        ({"x.y": 1}, {"x.y": 2}, ['changed ["x.y"]: 1 2']),
        (
            [{"kind": "Role", "metadata": {"name": "a"}}],
            [{"kind": "Role", "metadata": {"name": "a"}, "rules": []}],
            ["added [Role/a].rules: None []"],
        ),
    ],
)
def test_what_differs(before: Any, after: Any, expected: list[str]) -> None:
    assert lines(before, after) == expected


@given(VALUES, VALUES)
def test_nothing_differs_exactly_where_two_values_are_the_same_json(before: Any, after: Any) -> None:
    def jsonable(value: Any) -> Any:
        if isinstance(value, str) and value.startswith(("{", "[")):
            try:
                return jsonable(json.loads(value))
            except ValueError:
                return value
        if isinstance(value, dict):
            return {key: jsonable(item) for key, item in value.items()}
        return [jsonable(item) for item in value] if isinstance(value, list) else value

    same = json.dumps(jsonable(before), sort_keys=True) == json.dumps(jsonable(after), sort_keys=True)
    assert (not differences(before, after)) == same
