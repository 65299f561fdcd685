"""Names that are joined from parts: every join of the tree is listed here, and no two different inputs give one name.

A project and a pipeline are DNS labels: letters, digits and dashes. What joins them must be something else, and a fixed
beginning or ending must be the only one of its kind.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from dac.expand.functions import object_of
from dac.model.names import is_label
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
# Letters of few kinds, so that two lists of names often give nearly the same text.
LABELS = st.text(alphabet="a0-", min_size=1, max_size=8).filter(is_label)
FINGERPRINTS = st.text(alphabet="a0", min_size=12, max_size=12)
UIDS = st.text(alphabet="a0-", min_size=36, max_size=36)
ADDRESSES = st.just("s3://artifacts")
PARTS = {
    "project": LABELS,
    "pipeline": LABELS,
    "run_name": LABELS,
    "run_id": UIDS,
    "version": UIDS,
    "artifacts": ADDRESSES,
    "address": ADDRESSES,
    "digest": FINGERPRINTS,
}

# What programs and the tool join, by the last words of what is filled in -> what it names.
JOINS = {
    "{artifacts}/{project}/{pipeline}": "a pipeline's folder in the object store",
    "{artifacts}/{project}/_tokens/{digest}": "tokens that a project's pipelines share, in the same folder",
    "{artifacts}/{project}/_tokens": "a project's tokens",
    "{artifacts}/{project}": "a project's folder in the object store",
    "{address}/{project}": "a project's prefix, which its cloud roles may write, and its logs",
    "{address}/{project}/{run_name}": "a run's logs",
    "{project}/": "a project among those that the sweeper misses",
    "dac.dev/project={project}": "a project's namespace, as a label finds it",
    "/namespaces/{project}": "a project's namespace, as the API server is asked",
    "{project}/{pipeline}": "an experiment of MLflow, an entry of registered_models.yaml, the minute of a schedule",
    "projects/{project}/rendered": "a project's rendered files",
    "{project}/{pipeline}.json": "a file of the deploy repository",
    "{project}.{pipeline}": "a registered model",
    "{project}_{pipeline}": "the alias of an index",
    "dac.eval.{project}.{pipeline}": "tags of a registered model's version",
    "{project}/{pipeline}/{run_id}/{version}": "the key of a webhook's event",
}
# Two pairs can share it: it is only read, to lead an older index to its new alias.
FORMER = "{project}-{pipeline}"


def joins(path: Path) -> Iterator[str]:
    """Yield formatted texts without white space that hold a project's name, as in JOINS."""
    constants = {}
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and len(node.targets) == 1:
            constants[ast.unparse(node.targets[0])] = str(node.value.value)
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        text = ""
        for value in node.values:
            if isinstance(value, ast.Constant):
                text += str(value.value)
            elif isinstance(value, ast.FormattedValue):
                full = ast.unparse(value.value)
                last = re.findall(r"\w+", full)[-1] if re.findall(r"\w+", full) else "?"
                last = "project" if full == "project.name" else "pipeline" if full == "pipeline.name" else last
                text += constants.get(full, f"{{{last}}}")
        if "{project}" in text and not re.search(r"\s|:$|: ", text) and text != "{project}":
            yield text


def test_every_join_is_listed() -> None:
    files_of = defaultdict(set)
    programs = [path for path in ROOT.glob("images/**/*.py") if not {"tests", "build"} & set(path.parts)]
    for path in [*programs, *ROOT.glob("scripts/dac/expand/**/*.py")]:
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts):
            for text in joins(path):
                files_of[text].add(path.relative_to(ROOT).as_posix())
    assert dict(files_of).keys() - {FORMER} == JOINS.keys(), {t: p for t, p in files_of.items() if t not in JOINS}
    assert files_of[FORMER] == {"images/rag/index/identity.py"}


@st.composite
def made(draw: st.DrawFn) -> tuple[str, tuple[str, ...], str]:
    """Return a join, what it is made of, and the name."""
    join = draw(st.sampled_from(sorted(JOINS)))
    values = {part: draw(PARTS[part]) for part in re.findall(r"\{(\w+)\}", join)}
    return join, tuple(values.values()), join.format(**values)


SHARED = [  # kinds of names that stand beside one another
    {"{artifacts}/{project}/{pipeline}", "{artifacts}/{project}/_tokens/{digest}"},
]


@given(first=made(), second=made())
def test_no_two_inputs_give_one_name(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    if first[0] == second[0]:
        assert (first[1] == second[1]) == (first[2] == second[2])
    elif any({first[0], second[0]} <= together for together in SHARED):
        assert not f"{first[2]}/".startswith(f"{second[2]}/")


@given(project=LABELS, pipelines=st.lists(LABELS, min_size=2, max_size=2, unique=True), digits=FINGERPRINTS)
def test_a_collection_is_no_others_alias(project: str, pipelines: list[str], digits: str) -> None:
    """But where a pipeline is named like an index of another one, which is the finding `pipeline.collision`."""
    name, sibling = pipelines
    collides = f"{project}_{name}-{digits}" == f"{project}_{sibling}"
    assert collides == (sibling == f"{name}-{digits}")


def test_the_former_alias_collided() -> None:
    assert FORMER.format(project="a", pipeline="b-c") == FORMER.format(project="a-b", pipeline="c")


KEYS = re.compile(
    r"""(name|key|secretName): ["']?([\w.-]+?)[-.](?:\{\{|\$\{)(workflow\.parameters\.\w+|workflow\.name)"""
)


def test_keys_of_one_object_begin_differently() -> None:
    """Keys of the ConfigMaps and names of Secrets are a word and a name: no word begins another one, with its dash."""
    begins = defaultdict(set)
    for path in ROOT.glob("standards/*/*/template.yaml"):
        for line in path.read_text().splitlines():
            for field, word, _ in KEYS.findall(line):
                holder = re.search(r"name: (limits|endpoints)\b", line) if field == "key" else None
                begins[holder[1] if holder else field].add(word)
    assert len(begins) >= 3
    for words in begins.values():
        for word, longer in combinations(sorted(words), 2):
            assert not f"{longer}-".startswith(f"{word}-"), (word, longer)


def test_roles_and_sizes_of_the_catalog_join_to_different_keys() -> None:
    sizes = yaml.safe_load((ROOT / "standards/catalog/sizes.yaml").read_text())
    keys = [f"{role}-{size}" for size, facts in sizes.items() for role in facts["pods"]]
    assert len(keys) == len(set(keys))


def test_a_key_with_two_values_is_refused() -> None:
    """A size `b-c` with pods `a`, and a size `c` with pods `a-b`: the caps of one would be the other's."""
    with pytest.raises(ValueError, match="the key 'a-b-c' has two values; rename one of the entries"):
        object_of([["a-b-c", "1"], ["x", "1"], ["a-b-c", "2"]])
    assert object_of([["a", "1"], ["a", "1"]]) == {"a": "1"}


def test_a_mutex_of_a_run_is_no_pipelines() -> None:
    """A run's name and a pipeline's are labels: a dot in front of one is in neither."""
    text = (ROOT / "standards/fine-tuning/v1/template.yaml").read_text()
    assert 'mutexes: [{name: "evaluate.{{workflow.name}}"}]' in text


@given(projects=st.lists(LABELS, min_size=2, max_size=2, unique=True))
def test_applications_of_two_projects_differ(projects: list[str]) -> None:
    text = (ROOT / "standards/platform/cluster/applications.yaml").read_text()
    endings = re.findall(r'name: "\{\{index \.path\.segments 1\}\}(-[a-z]+)"', text)
    assert endings == ["-platform", "-pipelines"]
    names = {f"{project}{ending}" for project in projects for ending in endings}
    assert len(names) == 4
