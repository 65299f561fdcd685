"""All that the manifests of projects come from beside their decisions, as a value to compare.

Where it is equal in two trees, a project with the same decisions is rendered to the same in both.
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
_ALWAYS = ("sizes", "platform", "endpoints")  # quotas and the addresses that pods read are not expressions
_WORD = re.compile(r"[A-Za-z_]\w*")
_MEMBER = re.compile(r"\bcatalog\b(?:\.([A-Za-z_]\w*))?")
_FACTS = re.compile(r'\bfacts\s*\(\s*(?:"(\w+)"\s*\))?')


def projects_basis(
    repository: Repository, templates: Mapping[str, Sequence[Template]], facts: Mapping[StandardRef, Any], *others: Any
) -> Any:
    """Return what projects are rendered from: of the catalog, no more than the kinds that may be read.

    Args:
        repository: what was loaded.
        templates: of a pipeline and of a namespace, by their files.
        facts: of each standard, as expressions read them.
        others: what else is read, to be compared as it is.
    """
    shapes = {file: [(_shape(t.root), t.each and _shape(t.each)) for t in each] for file, each in templates.items()}
    standards = {ref: (s.decisions, s.parameters, s.schedule) for ref, s in repository.standards.items()}
    expressions = [*_expressions(shapes)]
    for _, parameters, schedule in standards.values():
        expressions += [schedule, *(parameter.value for parameter in parameters.values())]
    return shapes, standards, facts, others, facts_read(expressions, repository.catalog.kinds)


def facts_read(expressions: Iterable[str], kinds: Kinds) -> Kinds:
    """Return the kinds of the catalog that projects' manifests may read: through expressions, and as quotas do."""
    functions = kinds.get("functions", {})
    read, waiting, seen = {*_ALWAYS}, [*expressions], set[str]()
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


def _shape(node: Node) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Scalar):
        return tuple(node.parts)  # no value of a file is a tuple
    if isinstance(node, Map):
        return {key: _shape(item) for key, item in node.entries.items()}
    assert isinstance(node, List)
    return [_shape(item) for item in node.items]
