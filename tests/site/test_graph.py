"""A template's DAG as a graph: what waits for what, what is inside what, and odd templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from dac.site import picture
from dac.site.graph import Graph, graph_of

ROOT = Path(__file__).parents[2]
STANDARDS = sorted(ROOT.glob("standards/*/v*/rendered.yaml"))


def waits(graph: Graph) -> set[tuple[str, str]]:
    return {(graph.nodes[edge.before].name, graph.nodes[edge.after].name) for edge in graph.edges}


def spec(tasks: list[dict[str, Any]], *more: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": tasks}}, *more], **fields}


def test_what_waits_for_what() -> None:
    tasks = [{"name": "a"}, {"name": "b", "depends": "a.Succeeded || a.Skipped"}, {"name": "c", "dependencies": ["a"]}]
    graph = graph_of(spec(tasks, onExit="end"))
    assert waits(graph) == {("a", "b"), ("a", "c"), ("b", "end"), ("c", "end")}
    assert graph.nodes[1].notes == ("after a succeeded or skipped",)
    assert [edge.after_success for edge in graph.edges] == [False, True, False, False]


def test_a_graph_in_a_graph_is_kept_and_one_of_a_single_task_is_not() -> None:
    inner = {"name": "both", "dag": {"tasks": [{"name": "x"}, {"name": "y", "depends": "x"}]}}
    lane = {"name": "lane", "steps": [[{"name": "shard", "template": "pod"}]]}
    tasks = [{"name": "a", "template": "both", "withItems": [1]}, {"name": "b", "template": "lane", "withParam": "[1]"}]
    first, second = graph_of(spec(tasks, inner, lane)).nodes
    assert first.inner is not None
    assert waits(first.inner) == {("x", "y")}
    assert first.many
    assert second.inner is None
    assert second.notes == ("one pod a shard",)


def test_what_follows_from_other_edges_is_not_drawn_again() -> None:
    tasks = [{"name": "a"}, {"name": "b", "depends": "a"}, {"name": "c", "depends": "a && b"},
             {"name": "d", "depends": "a.Failed || c"}]  # fmt: skip
    assert waits(graph_of(spec(tasks))) == {("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")}


def test_steps_run_group_by_group() -> None:
    template = {"name": "main", "steps": [[{"name": "a"}, {"name": "b"}], [{"name": "c"}]]}
    assert waits(graph_of({"entrypoint": "main", "templates": [template]})) == {("a", "c"), ("b", "c")}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"entrypoint": "main"},
        {"entrypoint": "main", "templates": [{"name": "main", "container": {}}]},
        spec([]),
        spec([{"name": "a", "depends": "a"}]),
        spec([{"name": "a", "depends": "b"}, {"name": "b", "depends": "c"}, {"name": "c", "depends": "a"}]),
        spec([{"name": "a", "depends": "nobody.Failed"}]),
        spec([{"name": "a", "template": "main"}]),
        spec([{"name": "a", "template": "one"}], {"name": "one", "dag": {"tasks": [{"name": "b", "template": "one"}]}}),
        spec([{"name": "<script>alert(1)</script>\u202e\x1b", "when": "x"}]),
        spec([{"name": "n" * 300}, {"name": "漢" * 30, "depends": "n" * 300}]),
        spec([{"name": f"t{number}"} for number in range(60)]),
    ],
)
def test_odd_templates_are_drawn_all_the_same(odd: dict[str, Any]) -> None:
    text = picture(odd, "a & b")
    assert ElementTree.fromstring(text).get("aria-label", "").startswith("a & b")
    assert "<script" not in text
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("path", STANDARDS, ids=lambda path: path.parts[-3])
def test_every_task_of_the_standards_is_in_their_drawings(path: Path) -> None:
    content = yaml.safe_load(path.read_text())["spec"]
    names = {node.text for node in ElementTree.fromstring(picture(content, "it")).iter() if node.get("class") == "name"}
    main = next(t for t in content["templates"] if t["name"] == content["entrypoint"])
    assert names >= {task["name"] for task in main["dag"]["tasks"]} | {content["onExit"]}
