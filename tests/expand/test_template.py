"""`${...}`, `$use` and `$each`: where an expression ends, what a fragment gives, what is refused and where."""

from __future__ import annotations

from typing import Any

import pytest
from dac.expand.expressions import Expressions
from dac.expand.interpolation import Code, parts
from dac.expand.yaml_template import compile_template
from dac.load.document import parse_yaml
from dac.model import Document


def document(text: str, file: str = "t.yaml") -> Document:
    parsed, findings = parse_yaml(text.encode(), file, nulls=True)
    assert parsed is not None
    assert findings == []
    return parsed


def rendered(text: str, shared: str | None = None, **variables: Any) -> list[Any]:
    template = compile_template(document(text), document(shared, "shared.yaml") if shared else None)
    objects, findings = template.render(Expressions({"words": {"a": {"text": "A"}}}), variables)
    assert [str(f) for f in [*template.findings, *findings]] == []
    return objects


def findings(text: str, shared: str | None = None, **variables: Any) -> list[str]:
    template = compile_template(document(text), document(shared, "shared.yaml") if shared else None)
    _, faults = template.render(Expressions({}), variables)
    return [str(f) for f in [*template.findings, *faults]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", ["plain"]),
        ("", []),
        ("${a}", [Code("a")]),
        ("x${ a }y", ["x", Code("a"), "y"]),
        ("${a}${b}", [Code("a"), Code("b")]),
        ("$${a}", ["${a}"]),
        ("$${a}${b}", ["${a}", Code("b")]),
        ("${a}$${b}", [Code("a"), "${b}"]),
        ("cost: 5$", ["cost: 5$"]),
        ("{{workflow.name}}-${a}", ["{{workflow.name}}-", Code("a")]),
        ('${{"a": {"b": 1} }}', [Code('{"a": {"b": 1} }')]),
        ('${"}"}', [Code('"}"')]),
        ("${'}' + \"{\"}", [Code("'}' + \"{\"")]),
        ('${"\\"}"}', [Code('"\\"}"')]),
    ],
)
def test_parts(text: str, expected: list[str | Code]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${a", "an expression is opened with ${ and never closed"),
        ('${"}', "an expression is opened with ${ and never closed"),
        ("${ }", "the expression is empty"),
    ],
)
def test_parts_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("$", r"\$").replace("{", r"\{") + "$"):
        parts(text)


def test_a_whole_scalar_keeps_its_type_and_an_embedded_one_is_text() -> None:
    text = "{a: '${[1, true, null]}', b: 'x${[1, true]}', c: '${x}', d: 'n${x}', e: '${catalog.words.a.text}'}"
    assert rendered(text, x=7) == [{"a": [1, True, None], "b": "x[1,true]", "c": 7, "d": "n7", "e": "A"}]


def test_a_key_beside_use_wins_and_stands_where_it_is_written() -> None:
    objects = rendered("{x: 1, $use: f, b: mine}", "f: {a: 1, b: theirs, c: 3}")
    assert objects == [{"x": 1, "a": 1, "c": 3, "b": "mine"}]
    assert list(objects[0]) == ["x", "a", "c", "b"]


def test_later_fragments_win_over_earlier_and_own_over_shared() -> None:
    shared = "{f: {a: shared}, g: {a: later, b: 2}}"
    assert rendered("{$use: [f, g]}", shared) == [{"a": "later", "b": 2}]
    assert rendered("{$use: f, $fragments: {f: {a: own}}}", shared) == [{"a": "own"}]


def test_an_item_splices_a_list_and_a_fragment_uses_others() -> None:
    shared = "{one: [1, {$use: two}, 4], two: [2, 3], map: {k: v}}"
    assert rendered("{a: [0, {$use: one}, 5], b: [{$use: map}]}", shared) == [
        {"a": [0, 1, 2, 3, 4, 5], "b": [{"k": "v"}]}
    ]


def test_each_gives_an_object_an_item() -> None:
    assert rendered("{$each: '${xs}', name: 'n-${each.k}'}", xs=[{"k": 1}, {"k": 2}]) == [
        {"name": "n-1"},
        {"name": "n-2"},
    ]
    assert rendered("{$each: '${xs}', name: m}", xs=[]) == []


@pytest.mark.parametrize(
    ("text", "shared", "expected"),
    [
        (
            "a: {$use: lables}",
            "labels: {a: 1}",
            't.yaml:1:11: error: fragment "lables" is not there; did you mean "labels"? [template.wrong]',
        ),
        (
            "a: {$use: f}",
            "f: {b: {$use: f}}",
            'shared.yaml:1:15: error: fragment "f" uses itself; remove this $use [template.wrong]',
        ),
        (
            "a: {$use: f}",
            "f: [1]",
            't.yaml:1:11: error: fragment "f" is not a mapping; use one that is [template.wrong]',
        ),
        (
            "a: 'x${b'",
            None,
            "t.yaml:1:4: error: an expression is opened with ${ and never closed; fix it; a literal is written $${ "
            "[template.wrong]",
        ),
        (
            "a: [b, '${x.y}']",
            None,
            "t.yaml:1:8: error: the expression fails: there is no 'y'; fix the expression [template.expression]",
        ),
        (
            "a: '${1 +}'",
            None,
            "t.yaml:1:4: error: the expression fails: '1 +': ERROR: <input>:1:4: Syntax error: mismatched input "
            "'<EOF>'; fix the expression [template.expression]",
        ),
        (
            'a: \'${choose("size", {"a": null})}\'',
            None,
            "t.yaml:1:4: error: the expression fails: choose() cannot put null into an expression; leave the key out; "
            "fix the expression [template.expression]",
        ),
    ],
)
def test_refusals_say_where(text: str, shared: str | None, expected: str) -> None:
    assert findings(text, shared, x={"z": 1}) == [expected]
