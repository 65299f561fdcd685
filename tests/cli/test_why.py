"""`dac why`, the real command: its output and formats, paths that are not there, lines that reach nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweep import some

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "tests" / "cases" / "rendered" / "features"
Dac = Callable[..., Any]


def test_help(dac: Dac, golden: Callable[[Path, bytes], None]) -> None:
    done = dac("why", "--help", COLUMNS="80")
    golden(Path(__file__).with_name("why.help"), done.stdout.encode())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_value_has_its_lines_and_the_leverage_stands_at_the_end(dac: Dac) -> None:
    done = dac("why", "python-docs/search", "spec.schedules")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("  [CronWorkflow/search].spec.schedules[0]: ")
    assert lines[2].startswith("    decision   projects/python-docs/decisions.yaml:8:15  pipelines.search.schedule")
    assert lines[-1].endswith(" a decision")
    assert "raw fields from 7 decisions: " in lines[-1]


@pytest.mark.exhaustive
def test_counts_add_up(dac: Dac) -> None:
    document = json.loads(dac("why", "python-docs", "--format", "json").stdout)
    assert sum(document["counts"].values()) == len(document["values"]) > 1000
    assert document["counts"]["unknown"] == 0
    assert all(value["origins"] for value in document["values"])
    leverage = document["leverage"]
    assert leverage["ratio"] == round(leverage["fields"] / leverage["decisions"], 1)
    text = dac("why", "python-docs").stdout
    assert f"{len(document['values'])} values: " in text
    assert "0 unknown" in text


@pytest.mark.parametrize(
    "path",
    [
        "spec.templates[embed].container.env[SIZE]",
        "spec.templates[{embed}].container.env[SIZE]",
        "[ClusterWorkflowTemplate/rag-indexing-v1].spec.templates[embed].container.env[SIZE].value",
        "[1].spec.suspend",
        '[CronWorkflow/search].metadata.labels["dac.dev/project"]',
        "[CronWorkflow/search]",
    ],
)
def test_a_path_may_be_written_in_several_ways(dac: Dac, path: str) -> None:
    template = yaml.safe_load((ROOT / "standards/rag-indexing/v1/rendered.yaml").read_text())
    embed = [each["name"] for each in template["spec"]["templates"]].index("embed")
    done = dac("why", "python-docs/search", path.replace("{embed}", str(embed)))
    if path.startswith("[1]"):
        assert done.returncode == 2  # an object is named, not counted
        return
    assert done.returncode == 0, done.stderr
    assert "0 unknown" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    some(
        [
            (["python-docs/search", "spec.schedule"], 'did you mean "spec.schedules"?'),
            (["python-docs/search", "spec.templates[embd]"], "did you mean "),
            (["python-docs", "[ResourceQuota/budgt]"], 'did you mean "[ResourceQuota/budget]"?'),
            (["python-docs", "zzz"], "leave the path out to see what python-docs renders to"),
            (["python-dcs"], 'there is no project "python-dcs"; did you mean "python-docs"?'),
            (["python-docs/serch"], 'python-docs has no pipeline "serch"; did you mean "search"?'),
            ([], "name a project, PROJECT/PIPELINE, or a line with --from"),
            (["python-docs", "spec", "--from", "standards/catalog/sizes.yaml:17"], "leave the path out"),
            (["--from", "standards/catalog/sizes.yaml"], "is not FILE:LINE"),
            (["--from", "standards/catalog/sizes.yaml:0"], "is not FILE:LINE"),
            (["--from", "standards/catalog/sizes.yaml:9999"], "and no line 9999"),
            (["--from", "standards/catalog/sizes.yaml:1"], "standards/catalog/sizes.yaml:1 holds no value"),
            (["--from", "standards/catalog/size.yaml:1"], 'did you mean "standards/catalog/sizes.yaml"?'),
            (["--from", "policy/gpu_budget/gpu_budget.rego:3"], "nothing is rendered from"),
            (["--from", "projects/python-docs/rendered/pipelines/search.yaml:3"], "is rendered; dac why PROJECT PATH"),
        ],
        5,
    ),
)
def test_what_is_not_there_is_misuse(dac: Dac, words: list[str], message: str) -> None:
    done = dac("why", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.exhaustive
def test_a_line_reaches_what_depends_on_it(dac: Dac) -> None:
    line = next(
        number
        for number, text in enumerate((ROOT / "projects/python-docs/decisions.yaml").read_text().splitlines(), 1)
        if "embedding_model" in text
    )
    document = json.loads(
        dac("why", "--from", f"projects/python-docs/decisions.yaml:{line}", "--format", "json").stdout
    )
    paths = {value["path"] for value in document["values"]}
    assert "[CronWorkflow/search].spec.workflowSpec.arguments.parameters[model].value" in paths
    assert not any(path.startswith(("[Namespace/", "[Role/")) for path in paths)
    assert {value["subject"] for value in document["values"]} == {"python-docs/search"}


@pytest.mark.exhaustive
def test_a_line_of_the_catalog_reaches_every_project_that_uses_it(dac: Dac) -> None:
    number = next(
        number
        for number, text in enumerate((ROOT / "standards/catalog/endpoints.yaml").read_text().splitlines(), 1)
        if text.strip().startswith("address: https://slack-relay")
    )
    document = json.loads(dac("why", "--from", f"standards/catalog/endpoints.yaml:{number}", "--format", "json").stdout)
    subjects = {value["subject"] for value in document["values"]}
    assert {"python-docs", "docs-assistant", "package-metadata", "python-docs/search"} <= subjects
    for value in document["values"]:
        assert f"standards/catalog/endpoints.yaml:{number}:" in str([o["at"] for o in value["origins"]])


@pytest.mark.exhaustive
def test_a_line_for_people_reaches_nothing(dac: Dac) -> None:
    done = dac("why", "python-docs", "--from", "standards/catalog/sizes.yaml:12")
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith("standards/catalog/sizes.yaml:12 reaches no rendered value")


def test_another_tree(dac: Dac) -> None:
    done = dac("why", "first", "--full", cwd=FEATURES)
    assert done.returncode == 0, done.stderr
    assert "0 unknown" in done.stdout


def test_a_tree_with_an_error_is_refused(dac: Dac, tmp_path: Path) -> None:
    shutil.copytree(FEATURES, tmp_path / "tree")
    decisions = tmp_path / "tree/projects/first/decisions.yaml"
    decisions.write_text(decisions.read_text() + "\nnonsense: 1\n")
    done = dac("why", "first", cwd=tmp_path / "tree")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fix them first" in done.stderr
    assert 'unknown key "nonsense"' in done.stderr or "nonsense" in done.stderr
