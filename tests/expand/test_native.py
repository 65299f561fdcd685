"""Expressions that are evaluated without CEL: what they give is what CEL gives, and what they are not is CEL's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dac.expand import Expander
from dac.expand import expressions as module
from dac.expand.expressions import ExpressionError, Expressions
from dac.expand.native import native_of
from dac.load import load_projects, load_repository, project_names

ROOT = Path(__file__).parents[2]
CATALOG = {"stores": {"q": {"port": 1, "hosts": ["h"]}}, "names": {"a/b": "c"}}
VARIABLES: dict[str, Any] = {
    "a": {"b": "x-y", "map": {"z": "p-1", "c": "-"}, "no": False, "none": None, "n": 3, "half": 0.5, "s": ""},
    "text": "t",
    "list": [{"k": "one", "on": True}, {"k": "two", "on": False, "more": ["é", "b"]}],
    "words": ["one", "two"],
    "mixed": ["one", 2],
}
EXPRESSIONS = [
    'replace(a.b, "-", "+")',
    'replace(a.map, "-", text)',
    'replace(replace(a.b, "-", text), text, "")',
    "json(a.map)",
    "entries(a.map)",
    "without( a.map , text )",
    "[a.b, 'it', 7, true]",
    '"of " + a.b + ", " + text',
    'a.no ? "yes" : a.b == "x-y" ? "b" : "c"',
    'a.no || a.n == 3 && !(a.s != "")',
    "a.no && a.nowhere == text || true",
    '"one" in words ? words + ["three"] : []',
    '"z" in a.map && !("y" in a.map)',
    'list.filter(e, e.on || has(e.more)).map(e, e.k + "!")',
    "list.map(e, e.k == text)",
    'list.exists(e, e.k == "two") && words.all(w, w.contains("o"))',
    'list.map(text, text.k)[1] + (text.startsWith("t") ? "" : "no") + a.map["z"]',
    "has(a.map.z) && !has(a.map.y) && !has(list[0].more) && has(a.none)",
    "size(words) > 1 ? 1 : 2",
    "size(list[1].more[0]) <= a.n && a.n >= 3 && !(a.n < size(a.map))",
    "size(a.map) == 2 && size(words) > 1 && !(a.n < 3)",
    '{"k": a.map, "j": [text], "e": {}}',
    'catalog.stores.q.hosts + (has(catalog.stores.p) ? ["p"] : [])',
    '(a.b + "/" + text) in catalog.names ? catalog.names[a.b + "/" + text] : ""',
]
# What CEL alone can tell, or refuses.
LEFT_TO_CEL = [
    "mixed.exists(m, m == 'one')",
    "2 in mixed",
    "a.map.exists(k, k == 'z')",
    "a.none == text",
    "a.half < 1.0",
    "a.nowhere == text || true",
    "a.n == 3.0",
    "a.map == a.map",
    "[a.map][0]['nowhere']",
    "words[2]",
    "a.s ? 1 : 2",
    "text && true",
    "words + text",
    "1 + 2",
    "text + 1",
    "size(a.n)",
    "nobody(text)",
    "replace(a.b)",
    "json(nowhere)",
    "text.matches('t')",
    'r"a\\b" + text',
    "words.map(w, true, w)",
]


def outcome(expression: str) -> tuple[str, Any]:
    try:
        value = Expressions(CATALOG).evaluate(expression, VARIABLES)
    except ExpressionError as error:
        return "fails", str(error)
    return "gives", repr(value)  # with types, and keys in their order


@pytest.mark.parametrize("expression", EXPRESSIONS + LEFT_TO_CEL)
def test_what_is_evaluated_here_is_what_cel_gives(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = outcome(expression)
    monkeypatch.setattr(module, "native_of", lambda _: None)
    assert given == outcome(expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_cel_is_not_asked(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Expressions, "_context")
    assert outcome(expression)[0] == "gives"


@pytest.mark.parametrize(
    "expression", ["f(x", "f(x))", "f(x y)", "f(,)", 'f("\\n")', "", "a ?", "a[", "{b: 1}", "x.y(1)", "-1", "1.5", "in"]
)
def test_anything_else_is_cels(expression: str) -> None:
    assert native_of(expression) is None


def test_a_function_of_the_catalog_with_a_name_of_cels_own_is_called() -> None:
    native = native_of("size(words)")
    assert native
    assert native.serves({})
    assert not native.serves({"size": len})


def test_the_tree_renders_to_what_cel_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    for _ in range(2):
        base, _ = load_repository(ROOT, [])
        expander = Expander(base)
        projects, _ = load_projects(ROOT, project_names(ROOT))
        rendered.append([expander.standards(), *(expander.project(project) for project in projects.values())])
        monkeypatch.setattr(module, "native_of", lambda _: None)
    assert rendered[0] == rendered[1]
