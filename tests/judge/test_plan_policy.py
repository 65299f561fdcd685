"""What `dac plan` says of policy: findings that are new, announced or standing, waivers, and what was not evaluated."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from denied_tree import DECISIONS, tree
from sweep import some
from test_denies_from import DAY, WRONG, announce, git

pytestmark = pytest.mark.exhaustive

Dac = Callable[..., "subprocess.CompletedProcess[str]"]
ON = "2031-01-01"
WAIVER = """  - rule: source_scheme.not_allowed
    path: projects/search
    value: {value}
    until: "{until}"
    owner: platform
    reason: the mirror moves in spring
"""
VALUE = "https://docs.example.com/manifest.jsonl"


@pytest.fixture
def clean(tmp_path: Path, root: Path) -> Path:
    """Return a repository whose main has two projects that no rule faults, with a branch checked out."""
    folder = tree(tmp_path, root, None)
    (folder / "projects/other").mkdir()
    (folder / "projects/other/decisions.yaml").write_text(DECISIONS)
    (folder / "standards/catalog/owners/team-docs.yaml").write_text("projects:\n  - search\n  - other\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "switch", "-q", "-c", "change")
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a change")


def merged(folder: Path) -> None:
    """Make what stands in the tree the base."""
    commit(folder)
    git(folder, "branch", "-f", "main", "HEAD")


def write_waivers(folder: Path, *entries: str) -> None:
    body = "waivers:\n" + "".join(entries) if entries else "waivers: []\n"
    (folder / "policy/waivers.yaml").write_text(body)


def waiver(until: str, value: str = VALUE) -> str:
    return WAIVER.format(until=until, value=json.dumps(value))


def planned(dac: Dac, folder: Path, *arguments: str, **options: Any) -> dict[str, Any]:
    done = dac("plan", "--on", ON, "--format", "json", *arguments, cwd=folder, **options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_finding_that_a_decision_brings_is_new(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    plan = planned(dac, clean)
    (finding,) = plan["policy"]["new"]
    assert finding.startswith("projects/search/decisions.yaml:5:13: error: ")
    assert finding.endswith("[source_scheme.not_allowed]")
    assert plan["policy"]["scope"] == "evaluated over 1 project and the standards in use there"
    assert plan["not_evaluated"]["sums over all projects of an owner"] == "dac check adds them up"


def test_a_finding_of_the_base_is_counted_and_not_shown(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    merged(clean)
    path = clean / "projects/search/decisions.yaml"
    path.write_text(path.read_text().replace("nightly", "weekly"))
    policy = planned(dac, clean)["policy"]
    assert (policy["new"], policy["standing"]) == ([], 1)


def test_a_finding_about_standards_that_the_project_does_not_use_is_the_bases_too(clean: Path, dac: Dac) -> None:
    shutil.copytree(clean / "standards/probe", clean / "standards/sonde")
    standard = clean / "standards/sonde/v1/standard.yaml"
    standard.write_text(standard.read_text().replace("name: probe", "name: sonde"))
    images = clean / "standards/catalog/images.yaml"
    images.write_text(images.read_text().replace("built: true", "built: false"))
    merged(clean)
    path = clean / "projects/search/decisions.yaml"
    path.write_text(path.read_text().replace("nightly", "weekly"))
    policy = planned(dac, clean)["policy"]
    assert (policy["new"], policy["standing"]) == ([], 1)
    write_waivers(clean, waiver("2031-01-15").replace("projects/search", "projects/other"))  # which is not looked at
    merged(clean)
    images.write_text(images.read_text() + "# to be built\n")
    policy = planned(dac, clean)["policy"]
    assert (policy["new"], policy["standing"]) == ([], 1)


def test_a_finding_of_a_standard_that_the_project_leaves_or_takes_up_is_the_bases_too(clean: Path, dac: Dac) -> None:
    """Base and head are judged with the standards of both."""
    shutil.copytree(clean / "standards/probe", clean / "standards/sonde")
    for path in (clean / "standards/sonde/v1").iterdir():
        path.write_text(path.read_text().replace("probe", "sonde"))
    template = clean / "standards/sonde/v1/template.yaml"
    template.write_text(template.read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
    merged(clean)
    path = clean / "projects/search/decisions.yaml"
    path.write_text(path.read_text().replace("probe@v1", "sonde@v1"))
    policy = planned(dac, clean)["policy"]
    assert (policy["new"], policy["standing"] > 0) == ([], True)
    merged(clean)
    path.write_text(path.read_text().replace("sonde@v1", "probe@v1"))
    policy = planned(dac, clean)["policy"]
    assert (policy["new"], policy["standing"] > 0) == ([], True)


def test_the_projects_own_finding_of_the_base_is_told_from_a_new_one_beside_it(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    merged(clean)
    (clean / "projects/other/decisions.yaml").write_text(WRONG)
    path = clean / "projects/search/decisions.yaml"
    path.write_text(path.read_text().replace("nightly", "weekly"))
    policy = planned(dac, clean)["policy"]
    assert [finding.split(":")[0] for finding in policy["new"]] == ["projects/other/decisions.yaml"]
    assert policy["standing"] == 1


def test_a_rule_that_is_new_is_evaluated_over_all_projects(clean: Path, dac: Dac) -> None:
    standard = clean / "standards/probe/v1/standard.yaml"
    text = standard.read_text()
    standard.write_text(text.replace("schemes: [s3]", "schemes: [gs]"))
    merged(clean)
    (clean / "policy/source_scheme/source_scheme.rego").write_text(
        (clean / "policy/source_scheme/source_scheme.rego").read_text() + "\n# looked at again\n"
    )
    plan = planned(dac, clean)
    assert plan["policy"]["scope"] == "evaluated over the standards and 2 projects"
    assert plan["policy"]["standing"] == 2
    assert "sums over all projects of an owner" not in plan["not_evaluated"]


def test_a_tightened_standard_is_evaluated_over_one_project_of_each_change(clean: Path, dac: Dac) -> None:
    standard = clean / "standards/probe/v1/template.yaml"
    assert "runAsNonRoot: true" in standard.read_text()
    standard.write_text(standard.read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
    plan = planned(dac, clean)
    assert any("[pod_security." in finding for finding in plan["policy"]["new"])
    assert "policy over 1 further project" in plan["not_evaluated"]


def test_what_a_later_day_denies_is_announced_with_its_day(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    announce(clean, DAY)
    merged(clean)
    path = clean / "projects/search/decisions.yaml"
    path.write_text(path.read_text().replace("nightly", "weekly"))
    policy = planned(dac, clean)["policy"]
    (finding,) = policy["announced"]
    assert "denied from 2031-03-31 on" in finding
    assert (policy["new"], policy["standing"]) == ([], 0)


@pytest.mark.parametrize(
    ("before", "after", "states", "days"),
    some(
        [
            ([], [waiver("2031-03-01")], ["new"], 59),
            ([], [waiver("2031-01-10")], ["new", "expires soon"], 9),
            ([waiver("2031-03-01")], [waiver("2031-03-01")], ["in effect"], 59),
            ([waiver("2031-01-16")], [waiver("2031-01-16")], ["in effect"], 15),
            ([waiver("2031-01-15")], [waiver("2031-01-15")], ["expires soon"], 14),
            ([waiver("2031-01-01")], [waiver("2031-01-01")], ["expires soon"], 0),
            ([waiver("2030-12-31")], [waiver("2030-12-31")], ["expired"], -1),
            ([waiver("2031-02-01")], [waiver("2031-03-01")], ["changed"], 59),
            ([waiver("2030-12-01")], [waiver("2030-12-31")], ["changed", "expired"], -1),
            ([waiver("2031-03-01")], [], ["removed"], 59),
        ],
        3,
    ),
)
def test_waivers(clean: Path, dac: Dac, before: list[str], after: list[str], states: list[str], days: int) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    write_waivers(clean, *before)
    merged(clean)
    write_waivers(clean, *after)
    (shown,) = planned(dac, clean)["policy"]["waivers"]
    assert (shown["states"], shown["days_left"]) == (states, days)
    text = dac("plan", "--on", ON, cwd=clean).stdout
    assert f"waiver {', '.join(states)}: source_scheme.not_allowed of projects/search" in text


def test_a_waiver_of_another_value_is_another_waiver(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    write_waivers(clean, waiver("2031-03-01", "https://elsewhere.example.com/m"))
    merged(clean)
    write_waivers(clean, waiver("2031-03-01"))
    waivers = planned(dac, clean)["policy"]["waivers"]
    assert [entry["states"] for entry in waivers] == [["new"], ["removed"]]


def test_without_conftest_the_plan_says_so(clean: Path, dac: Dac) -> None:
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    plan = planned(dac, clean, DAC_CONFTEST="/nowhere/conftest")
    assert plan["policy"]["scope"] == ""
    assert "/nowhere/conftest, which cannot be run; run: make setup" in plan["not_evaluated"]["policy"]


def test_a_rule_that_does_not_compile_is_said_to_be_unevaluated(clean: Path, dac: Dac) -> None:
    path = clean / "policy/source_scheme/source_scheme.rego"
    path.write_text(path.read_text() + "\nnot rego at all {\n")
    plan = planned(dac, clean)
    assert plan["policy"]["scope"] == ""
    assert "policy/source_scheme/source_scheme.rego" in plan["not_evaluated"]["policy"]


def test_another_trees_rules_are_evaluated_in_their_place(clean: Path, dac: Dac, root: Path) -> None:
    """A proposed rule is never run where the rules of a trusted tree are named."""
    path = clean / "policy/source_scheme/source_scheme.rego"
    path.write_text(path.read_text() + "\nnot rego at all {\n")
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    policy = planned(dac, clean, "--rules", str(root))["policy"]
    assert [finding.split("[")[-1] for finding in policy["new"]] == ["source_scheme.not_allowed]"]


def test_an_unrelated_change_asks_no_rule(clean: Path, dac: Dac) -> None:
    (clean / "README.md").write_text("words\n")
    plan = planned(dac, clean)
    assert plan["not_evaluated"]["policy"] == "no rule, project or standard is changed"


def test_a_base_that_cannot_be_judged_is_said_to_be(clean: Path, dac: Dac) -> None:
    sizes = clean / "standards/catalog/sizes.yaml"
    sound = sizes.read_text()
    sizes.write_text(sound + "\nbroken: [\n")
    merged(clean)
    sizes.write_text(sound)
    (clean / "projects/search/decisions.yaml").write_text(WRONG)
    plan = planned(dac, clean)
    assert plan["policy"]["new"]
    assert "which findings of policy are new" in plan["not_evaluated"]
