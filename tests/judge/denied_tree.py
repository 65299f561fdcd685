"""The tree of a case under tests/cases/denied: the real platform and policy, one small standard, one project."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

CASES = Path(__file__).parents[1] / "cases"
DENIED = sorted(path.name for path in (CASES / "denied").iterdir() if path.is_dir())
DECISIONS = """owner: team-docs
pipelines:
  docs:
    standard: probe@v1
    source: s3://docs/manifest.jsonl
    schedule: nightly
    size: small
"""


def tree(folder: Path, root: Path, case: Path | None) -> Path:
    """Write the tree of a case; without one, the tree that every case spoils."""
    shutil.copytree(root / "policy", folder / "policy")
    for part in ("catalog", "platform"):
        # Examples speak of images that this tree leaves out.
        ignore = shutil.ignore_patterns("examples")
        shutil.copytree(root / "standards" / part, folder / "standards" / part, ignore=ignore)
    shutil.copytree(CASES / "standards", folder / "standards", dirs_exist_ok=True)
    # Whether the real image was built yet is not what the cases are about.
    images = {"rag": {"repository": "registry.example.com/dac/rag", "digest": f"sha256:{'0' * 64}", "built": True}}
    (folder / "standards/catalog/images.yaml").write_text(yaml.safe_dump(images))
    shutil.rmtree(folder / "standards/catalog/owners")
    (folder / "standards/catalog/owners").mkdir()
    (folder / "standards/catalog/owners/team-docs.yaml").write_text("projects:\n  - search\n")
    project = folder / "projects" / "search"
    project.mkdir(parents=True)
    (project / "decisions.yaml").write_text(DECISIONS)
    if case is None:
        return folder
    if (case / "decisions.yaml").exists():
        shutil.copy(case / "decisions.yaml", project)
    if (case / "edits.yaml").exists():
        for edit in yaml.safe_load((case / "edits.yaml").read_text()):
            path = folder / edit["file"]
            text = path.read_text()
            assert text.count(edit["old"]) == 1, f"{edit['old']!r} stands {text.count(edit['old'])} times in {path}"
            path.write_text(text.replace(edit["old"], edit["new"].replace("{long}", "x" * edit.get("long", 0))))
    return folder
