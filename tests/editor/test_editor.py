"""What an editor shows of decisions.yaml: each decision's text, choices and default, and faults where they are.

The rendered schema is walked whole; then yaml-language-server, which stands behind the extensions of editors, is asked
over valid and invalid files. Without node and npm its tests say what is missing.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.load import load_repository
from sweep import some

from tests.editor.language_server import LanguageServer, installed

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases"
SCHEMA = ROOT / "standards/decisions.schema.json"
BRANCHES = {
    branch["then"]["properties"]["standard"]["const"]: branch["then"]
    for branch in json.loads(SCHEMA.read_text())["properties"]["pipelines"]["additionalProperties"]["allOf"]
}
STANDARDS = {str(ref): standard for ref, standard in load_repository(ROOT, [])[0].standards.items()}
CATALOG = load_repository(ROOT, [])[0].catalog.kinds
DECISIONS = [(ref, name) for ref, branch in sorted(BRANCHES.items()) for name in branch["properties"]]


def below(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each property of a schema, those inside of properties too."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from below(part, f"{path}.{name}")
    for part in schema.get("anyOf", ()):
        yield from below(part, path)


def test_every_property_has_a_text_to_hover() -> None:
    whole = json.loads(SCHEMA.read_text())
    parts = [*below(whole, ""), *(pair for ref, branch in BRANCHES.items() for pair in below(branch, ref))]
    assert len(parts) > 40
    assert [path for path, part in parts if not part.get("description")] == []


@pytest.mark.parametrize(("ref", "name"), DECISIONS)
def test_every_decision_has_its_choices_and_its_default(ref: str, name: str) -> None:
    branch = BRANCHES[ref]
    part = branch["properties"][name]
    assert ("default" in part) != (name in branch["required"]), "what may be left out has a default, and nothing else"
    if name == "standard":
        return
    kind = STANDARDS[ref].decisions["properties"][name].get("x-catalog")
    if kind == "schedules":  # a cron line may stand in its place, so that names are proposed and not demanded
        assert set(CATALOG[kind]) <= {value for value in part["examples"] if isinstance(value, str)}
    elif kind and "anyOf" in part:  # an address may stand in its place
        names, address = part["anyOf"]
        schema = STANDARDS[ref].decisions["properties"][name]
        assert (names["enum"], address["pattern"]) == (sorted(CATALOG[kind]), schema["x-address"])
    elif kind:
        assert part["enum"] == sorted(CATALOG[kind])
        assert part.get("default", part["enum"][0]) in part["enum"]
    assert part.get("examples") or part.get("enum") or "default" in part


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    program = installed()
    if isinstance(program, str):
        pytest.skip(program)
    server = LanguageServer(program, SCHEMA)
    yield server
    server.close()


PROJECTS = sorted(ROOT.glob("projects/*/decisions.yaml"))
VALID = sorted(CASES.glob("valid/*/decisions.yaml"))
# Faults that a schema can tell, and what the mark must name.
INVALID = {
    "unknown-key": "not allowed",
    "misspelt-key": "not allowed",
    "no-owner": 'Missing property "owner"',
    "unknown-standard": "Value is not accepted",
    "unknown-decision": "not allowed",
    "misspelt-decision": "not allowed",
    "missing-decisions": "Missing property",
    "wrong-types": "Incorrect type",
    "unknown-catalog-name": "Value is not accepted",
    "value-outside-its-pattern": "does not match the pattern",
}


@pytest.mark.parametrize("path", some([*PROJECTS, *VALID], 5), ids=lambda path: path.parent.name)
def test_a_valid_file_has_no_mark(path: Path, server: LanguageServer) -> None:
    assert server.open(path, path.read_text()) == []


@pytest.mark.parametrize("case", INVALID)
def test_a_fault_is_marked_where_check_finds_it(case: str, server: LanguageServer) -> None:
    folder = CASES / "invalid" / case
    marks = server.open(folder / "decisions.yaml", (folder / "decisions.yaml").read_text())
    assert any(INVALID[case] in mark for mark in marks), marks
    expected = (folder / "expected.txt").read_text()
    lines = {line.split(":")[1] for line in expected.splitlines() if line.count(":") > 2}
    assert lines & {mark.split(":")[0] for mark in marks} or "Missing" in INVALID[case], (marks, expected)


@pytest.mark.parametrize(("ref", "name"), some([pair for pair in DECISIONS if pair[1] != "standard"], 5))
def test_hovering_a_decision_shows_its_text(ref: str, name: str, server: LanguageServer) -> None:
    part = BRANCHES[ref]["properties"][name]
    value = part["default"] if "default" in part else [*part.get("examples", []), *part.get("enum", [])][0]
    flow = json.dumps(value)
    path = ROOT / "projects/hovered/decisions.yaml"
    server.open(path, f"owner: platform\npipelines:\n  one:\n    standard: {ref}\n    {name}: {flow}\n")
    shown = server.hover(path, 5, 6)
    words = re.split(r"[`\[_<]", part["description"])[0]  # up to what markdown escapes
    assert words.strip() in shown, shown


def test_choices_are_proposed(server: LanguageServer) -> None:
    path = ROOT / "projects/proposed/decisions.yaml"
    text = "owner: platform\npipelines:\n  one:\n    standard: rag-indexing@v1\n    embedding_model: \n    \n"
    server.open(path, text)
    assert set(server.completion(path, 5, 22)) >= set(CATALOG["models"])
    names = server.completion(path, 6, 5)
    assert set(names) >= set(BRANCHES["rag-indexing@v1"]["properties"]) - {"standard", "embedding_model"}


def test_a_default_is_what_is_inserted(server: LanguageServer) -> None:
    path = ROOT / "projects/inserted/decisions.yaml"
    server.open(path, "owner: platform\npipelines:\n  one:\n    standard: fine-tuning@v1\n    \n")
    names = server.completion(path, 5, 5)
    assert names["seed"] == "seed: ${1:17}"
    assert set(names) >= set(BRANCHES["fine-tuning@v1"]["required"]) - {"standard"}


def test_standards_and_owners_are_proposed(server: LanguageServer) -> None:
    path = ROOT / "projects/proposed-too/decisions.yaml"
    server.open(path, "owner: \npipelines:\n  one:\n    standard: \n")
    assert set(server.completion(path, 1, 8)) >= set(CATALOG["owners"])
    assert set(server.completion(path, 4, 15)) >= set(BRANCHES)


HOOK = next(
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
    if hook["id"] == "check"
)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("changed", "projects"),
    [
        (["projects/python-docs/decisions.yaml"], 1),
        (["projects/python-docs/decisions.yaml", "projects/python-docs/rendered/pipelines/search.yaml"], 1),
        (["projects/python-docs/decisions.yaml", "projects/docs-assistant/decisions.yaml", "README.md"], 2),
        (["README.md", "standards/catalog/sizes.yaml", "tests/demo/projects/refused-trainings/decisions.yaml"], 0),
        (["projects/README.md"], 0),
    ],
)
def test_the_hook_checks_the_projects_of_the_changed_files(changed: list[str], projects: int) -> None:
    """As pre-commit calls it: the entry with the files that match, and not at all where none does."""
    files = [path for path in changed if re.search(HOOK["files"], path)]
    assert bool(files) == bool(projects)
    if files:
        done = subprocess.run([*HOOK["entry"].split(), *files], cwd=ROOT, capture_output=True, text=True)
        assert done.stderr.startswith(f"{projects} project{'s' if projects > 1 else ''} checked: "), done.stderr
