"""The shape of the tree: what stands at its top is fixed."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_top_level_is_fixed() -> None:
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))}
    assert folders == {"standards", "projects", "images", "policy", "scripts", "tests"}
