"""All that the manifests of projects come from beside their decisions, as a value to compare.

What a part of it is equal for in two trees is rendered to the same in both, of the same decisions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dac.expand.interpolation import Code
from dac.expand.nodes import Constant, List, Map, Node, Scalar
from dac.expand.yaml_template import Template
from dac.model import Repository, StandardRef

Kinds = Mapping[str, Mapping[str, Any]]
COMMON = ""
# Kinds that are read beside expressions: by quotas, and for the addresses that pods read.
_ALWAYS = ("sizes", "platform", "endpoints", "services")
_WORD = re.compile(r"[A-Za-z_]\w*")
_MEMBER = re.compile(r"\bcatalog\b(?:\.([A-Za-z_]\w*))?")
_FACTS = re.compile(r'\bfacts\s*\(\s*(?:"(\w+)"\s*\))?')


def projects_basis(
    repository: Repository,
    pipeline: Sequence[Template],
    namespace: Mapping[str, Sequence[Template]],
    facts: Mapping[StandardRef, Any],
    *others: Any,
) -> dict[str, Any]:
    """Return what projects are rendered from: of the catalog, no more than the kinds that may be read.

    Args:
        repository: what was loaded.
        pipeline: the template of a CronWorkflow.
        namespace: the templates of a namespace, by their files.
        facts: of each standard, as expressions read them.
        others: what else is read, to be compared as it is.

    Returns:
        by the file of a namespace, what that file's manifest comes from; and by COMMON, what pipelines and all of those
        come from.
    """
    kinds = repository.catalog.kinds
    standards = {ref: (s.decisions, s.parameters, s.schedule) for ref, s in repository.standards.items()}
    shape = _shapes(pipeline)
    expressions = [*_expressions(shape)]
    for _, parameters, schedule in standards.values():
        expressions += [schedule, *(parameter.value for parameter in parameters.values())]
    always = {kind: kinds.get(kind) for kind in _ALWAYS}
    basis: dict[str, Any] = {COMMON: (shape, standards, facts, others, always, facts_read(expressions, kinds))}
    for file, templates in namespace.items():
        shape = _shapes(templates)
        basis[file] = shape, facts_read(_expressions(shape), kinds)
    return basis


def facts_read(expressions: Iterable[str], kinds: Kinds) -> Kinds:
    """Return the kinds of the catalog that expressions may read, through functions of the catalog too."""
    functions = kinds.get("functions", {})
    read, waiting, seen = set[str](), [*expressions], set[str]()
    while waiting:
        expression = waiting.pop()
        if expression in seen:
            continue
        seen.add(expression)
        words = {*_WORD.findall(expression)}
        members = [*_MEMBER.findall(expression), *_FACTS.findall(expression)]
        if "" in members:  # the whole, or a kind that is computed
            return kinds
        read.update(members)
        called = words & functions.keys()
        read.update(["functions"] if called else [], ["schedules"] if "schedule" in words else [])
        waiting += [str(functions[name]["value"]) for name in called]
    return {kind: facts for kind, facts in kinds.items() if kind in read}


def _expressions(shape: Any) -> Iterator[str]:
    if isinstance(shape, Code):
        yield shape.source
    elif isinstance(shape, Mapping | list | tuple):
        for item in shape.values() if isinstance(shape, Mapping) else shape:
            yield from _expressions(item)


def _shapes(templates: Iterable[Template]) -> list[Any]:
    return [(_shape(t.root), t.each and _shape(t.each)) for t in templates]


def _shape(node: Node) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Scalar):
        return tuple(node.parts)  # no value of a file is a tuple
    if isinstance(node, Map):
        return {key: _shape(item) for key, item in node.entries.items()}
    assert isinstance(node, List)
    return [_shape(item) for item in node.items]
