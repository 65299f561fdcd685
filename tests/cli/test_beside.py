"""A check of one project counts its owner's other projects where rules sum over an owner, and nothing else of them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.cli._beside import Other, others_of_owners
from dac.cli._compose import Composed, compose
from dac.cli._kept import Kept

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/judge"))

from denied_tree import DECISIONS  # noqa: E402 - the folder of its tests has to be on the path first

# More than one of the projects takes, and less than the three do.
BUDGET = {
    "gpus": 20, "gpu_hours": 2000, "pods": 20, "monthly_usd": 1, "cpu": 1000, "memory": "10Ti", "storage": "4Ti"
}  # fmt: skip
NAMES = ("a", "b", "c")


def write(tree: Path, name: str, text: str = DECISIONS) -> None:
    (tree / "projects" / name).mkdir(parents=True, exist_ok=True)
    (tree / "projects" / name / "decisions.yaml").write_text(text)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Write a tree with the real rules, a small standard, and three projects of one owner."""
    shutil.copytree(ROOT / "policy", tmp_path / "policy")
    for part in ("catalog", "platform"):
        ignore = shutil.ignore_patterns("examples")
        shutil.copytree(ROOT / "standards" / part, tmp_path / "standards" / part, ignore=ignore)
    shutil.copytree(ROOT / "tests/cases/standards", tmp_path / "standards", dirs_exist_ok=True)
    for name in NAMES:
        write(tmp_path, name)
    return tmp_path


def others(tree: Path, *names: str, kept: Path | None = None) -> dict[str, Other]:
    memory = Kept(tree, kept)
    counted = others_of_owners(compose(tree, list(names), kept=memory), memory)
    return {other.project.name: other for other in counted}


def findings(check: Callable[..., Any], tree: Path, *names: str) -> list[dict[str, Any]]:
    done = check("check", *names, "--format", "json", cwd=tree)
    return list(json.loads(done.stdout)["findings"])


def test_sums_are_what_they_are_in_a_check_of_all(dac: Callable[..., Any], tree: Path) -> None:
    owners = tree / "standards/catalog/owners.yaml"
    facts = yaml.safe_load(owners.read_text())
    facts["team-docs"]["budget"] = BUDGET
    owners.write_text(yaml.safe_dump(facts, sort_keys=False))
    for name in NAMES:
        write(tree, name, DECISIONS.replace("size: small", "size: large"))
    whole, alone = findings(dac, tree), findings(dac, tree, "b")
    sums = [each for each in whole if each["code"].endswith(".over_limit")]
    rules = ("gpu_budget", "gpu_hours", "monthly_usd", "parallelism_budget", "quota_budget")
    assert {each["code"] for each in sums} == {f"{rule}.over_limit" for rule in rules}
    assert [each for each in alone if each in sums] == sums
    assert {each["file"] for each in sums} != {"projects/b/decisions.yaml"}
    own = [each for each in whole if each["file"] == "projects/b/decisions.yaml"]
    assert [each for each in alone if each not in sums and each["file"].startswith("projects/")] == own


def test_those_of_another_owner_or_with_an_error_are_not_counted(tree: Path) -> None:
    write(tree, "other", DECISIONS.replace("team-docs", "team-search"))
    write(tree, "mentions", DECISIONS.replace("team-docs", "team-search") + "    note: for team-docs\n")
    write(tree, "wrong", DECISIONS.replace("size: small", "size: smal"))
    write(tree, "broken", "owner: team-docs\npipelines: [\n")
    assert others(tree, "b").keys() == {"a", "c"}
    assert others(tree, "a", "b", "c").keys() == set()


@pytest.mark.parametrize("owner", ['"team-docs"', '"team\\x2ddocs"', ">-\n  team-docs", '"team-\\\n  docs"'])
def test_an_owner_counts_however_it_is_written(tree: Path, owner: str) -> None:
    write(tree, "d", DECISIONS.replace("owner: team-docs", f"owner: {owner}"))
    assert "d" in others(tree, "b")


def test_what_is_kept_is_what_would_be_computed(tree: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    edits: list[Callable[[], object]] = [
        lambda: None,
        lambda: write(tree, "a", DECISIONS.replace("size: small", "size: medium")),
        lambda: write(tree, "b", DECISIONS.replace("size: small", "size: large")),
        lambda: write(tree, "a", DECISIONS.replace("team-docs", "team-search")),
        lambda: write(tree, "d", DECISIONS.replace("nightly", "weekly")),
        lambda: _edit(tree / "standards/catalog/sizes.yaml", "cpu", "cpu"),
        lambda: shutil.rmtree(tree / "projects/c"),
        lambda: _edit(tree / "standards/catalog/schedules.yaml", "0 ", "1 "),
        lambda: _edit(tree / "standards/platform/namespace/quota.yaml", "kind", "kind"),
        lambda: write(tree, "a"),
        lambda: _edit(tree / "standards/probe/v1/standard.yaml", "summary: ", "summary: now "),
    ]
    for edit in edits:
        edit()
        for _ in range(2):  # computed, or partly kept, at first; then kept
            assert _values(tree, kept) == _values(tree, None)
    assert list(kept.iterdir())


def _values(tree: Path, kept: Path | None) -> tuple[Any, ...]:
    memory = Kept(tree, kept)
    composed = compose(tree, ["b"], kept=memory)
    parts = composed.repository, composed.manifests, composed.findings, composed.tree, composed.names
    return (*parts, _rendered(composed), others_of_owners(composed, memory))


def _rendered(composed: Composed) -> Any:
    return composed.expander and composed.expander.rendered


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new) + "# edited\n")


def test_nothing_is_kept_of_a_tree_that_changed_meanwhile(tree: Path, tmp_path: Path) -> None:
    memory = Kept(tree, tmp_path / "kept")
    memory.value(lambda: (tree / "policy/waivers.yaml").write_text("waivers: []\n"), "a")
    assert memory.read("a") is None


def test_a_damaged_file_is_computed_anew(tree: Path, tmp_path: Path) -> None:
    memory = Kept(tree, tmp_path / "kept")
    memory.write("value", "a")
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert memory.read("a") is None
    assert memory.value(lambda: "other", "a") == "other"
