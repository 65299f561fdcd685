"""Who approves what a team is said to own: CODEOWNERS as GitHub reads it, where the last line that matches counts."""

from __future__ import annotations

from pathlib import Path

import yaml
from dac.load.standards import load_catalog

ROOT = Path(__file__).parents[2]
OWNERS = yaml.safe_load((ROOT / "standards/catalog/owners.yaml").read_text())


def approvers(path: str) -> list[str]:
    """Return who owns a path. The rendered patterns are a star, a folder from the root, or a file from the root."""
    last_match: list[str] = []
    for line in (ROOT / ".github/CODEOWNERS").read_text().splitlines():
        pattern, *owners = line.split()
        if pattern == "*" or f"/{path}" == pattern or (pattern.endswith("/") and f"/{path}".startswith(pattern)):
            last_match = [] if pattern == "#" else owners
    return last_match


def test_each_team_alone_approves_what_it_owns() -> None:
    for owner, facts in OWNERS.items():
        assert approvers(f"standards/catalog/owners/{owner}.yaml") == [facts["github"]]


def test_the_platform_team_approves_budgets_new_teams_and_codeowners() -> None:
    platform = [OWNERS["platform"]["github"]]
    for path in ("standards/catalog/owners.yaml", "standards/catalog/owners/new-team.yaml", ".github/CODEOWNERS"):
        assert approvers(path) == platform


def test_a_team_approves_its_projects_and_the_platform_team_what_it_derives_from_them() -> None:
    for project in sorted(path.parent for path in (ROOT / "projects").glob("*/decisions.yaml")):
        team = OWNERS[yaml.safe_load((project / "decisions.yaml").read_text())["owner"]]["github"]
        for name in ("decisions.yaml", "rendered/pipelines/x.yaml", "new/file"):
            assert approvers(f"projects/{project.name}/{name}") == [team]
        assert approvers(f"projects/{project.name}/rendered/platform/x.yaml") == [OWNERS["platform"]["github"]]


def test_the_platform_team_approves_all_that_is_no_teams() -> None:
    for path in (
        *(
            "standards/x/v1/template.yaml",
            "policy/x/x.rego",
            "images/x.py",
            "scripts/dac/x.py",
            "tests/x.py",
            "Makefile",
        ),
        *(".github/workflows/x.yaml", ".gitlab/x", ".gitlab-ci.yml", ".ci/run", "pyproject.toml", "README.md"),
        *(
            "projects/new/decisions.yaml",
            "projects/x.yaml",
            "CODEOWNERS",
            "docs/CODEOWNERS",
            "standards/catalog/owners",
        ),
    ):
        assert approvers(path) == [OWNERS["platform"]["github"]], path


def test_projects_in_the_platforms_file_are_a_finding(tmp_path: Path) -> None:
    """There the platform team, or whoever changes a budget, would speak for another team."""
    (tmp_path / "standards/catalog").mkdir(parents=True)
    (tmp_path / "standards/catalog/owners.yaml").write_text("team-docs:\n  projects: [search]\n")
    catalog, findings = load_catalog(tmp_path)
    assert catalog.kinds["owners"]["team-docs"]["projects"] == []
    assert [str(finding) for finding in findings] == [
        'standards/catalog/owners.yaml:2:3: error: projects of "team-docs" are written where that team does not review '
        "them; move them to standards/catalog/owners/team-docs.yaml [catalog.owners]"
    ]


def test_a_file_of_no_owner_and_odd_entries_are_findings(tmp_path: Path) -> None:
    folder = tmp_path / "standards/catalog/owners"
    folder.mkdir(parents=True)
    (tmp_path / "standards/catalog/owners.yaml").write_text("team-docs: {summary: a team}\n")
    (folder / "nobody.yaml").write_text("projects: []\n")
    (folder / "team-docs.yaml").write_text('projects: ["*", "a*b", Search, search-*]\n')
    findings = load_catalog(tmp_path)[1]
    assert [(finding.location.file.split("/")[-1], finding.location.column) for finding in findings] == [
        ("nobody.yaml", 1),
        ("team-docs.yaml", 12),
        ("team-docs.yaml", 17),
        ("team-docs.yaml", 24),
    ]
