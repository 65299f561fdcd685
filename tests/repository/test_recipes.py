"""README's recipes, run word by word in a fresh copy of the tree: the check is green at the end of each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dac.cli._arguments import conftest_path

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().split("## To add a ...")[1].split("\n## ")[0]
RECIPE = re.compile(r"^\*\*(?P<name>[\w ]+)\*\*.*?^```bash\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE)
RECIPES = {match["name"]: match["commands"] for match in RECIPE.finditer(SECTION)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the tree's files into a repository of their own, with this environment as its .venv."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for path in listed.stdout.splitlines():
        if (ROOT / path).is_file():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tmp_path / path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    run("git init -q && git add -A && git -c user.name=t -c user.email=t@example.com commit -qm start", tmp_path)
    return tmp_path


def run(commands: str, tree: Path) -> str:
    """Run commands as a person's shell would, and return what they print; the first that fails ends them."""
    # --rewrite is refused where CI is set: there nobody reads what it writes.
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "GITHUB_ACTIONS", "FORCE_COLOR")}
    environment["DAC_CONFTEST"] = str(conftest_path())
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def test_the_recipes_are_found() -> None:
    assert list(RECIPES) == ["project", "name in the catalog", "standard", "rule"]
    assert SECTION.count("```bash") == len(RECIPES)


# A quarter of all CPU time of the tool's tests: each commits a copy of the tree and starts the command, conftest and
# pytest in it, over and over. What they start is tested in place as well, and `make test` runs them.
end_to_end = pytest.mark.end_to_end


@end_to_end
@pytest.mark.parametrize("name", RECIPES)
def test_the_check_is_green_after(name: str, tree: Path) -> None:
    run(RECIPES[name], tree)
    assert run("git add -A && git status --porcelain", tree), "the recipe changes nothing"
    run(".venv/bin/dac check && .venv/bin/dac render --check", tree)
    if name == "rule":
        run('"$DAC_CONFTEST" fmt --check policy && "$DAC_CONFTEST" verify --strict --policy policy', tree)
        run(".venv/bin/pytest tests/judge/test_rules.py tests/judge -k 'source or rule_is or rule_says'", tree)
    else:
        run(".venv/bin/pytest tests/repository/test_pages.py tests/repository/test_readme.py", tree)


@end_to_end
@pytest.mark.skipif(not list(ROOT.glob("projects/*/decisions.yaml")), reason="no project to delete")
def test_the_example_projects_can_be_deleted(tree: Path) -> None:
    commands = re.search(
        r"^git rm -r projects/.*?(?=^```)", (ROOT / "docs/adopt.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert commands, "docs/adopt.md says how"
    run(f"{commands[0]}.venv/bin/dac render && git add -A", tree)
    run(".venv/bin/dac check && .venv/bin/dac render --check", tree)
    tests = (
        "cli/test_search.py expand/test_endpoints.py expand/test_grants.py expand/test_render.py "
        "expand/test_render_refused.py judge/test_judge.py"
    )
    pages = "repository/test_pages.py repository/test_readme.py repository/test_tree.py standards/test_applications.py"
    run(f"cd tests && ../.venv/bin/pytest --rootdir .. -c ../pyproject.toml {tests} {pages}", tree)
