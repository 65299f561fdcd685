"""The tests' own modules on the path, and a tree of their own."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "images/eval/tests"))  # its servers

from lessons import teach
from tree import Tree

LETTERS = [chr(code) for code in range(0x00C0, 0x0250) if unicodedata.category(chr(code)) in ("Lu", "Ll")][:80]
SAMPLES = [
    {"id": f"u{ord(c):04x}", "prompt": f"Which character is U+{ord(c):04X}?", "references": [unicodedata.name(c)]}
    for c in LETTERS
]


@pytest.fixture(scope="session")
def samples() -> list[dict[str, object]]:
    """What the small model of `models` was taught."""
    return SAMPLES


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with the real standards and images, and no project."""
    return Tree(tmp_path / "tree")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `better` and `worse`: a small model that has learned what SAMPLES ask, and one that knew half."""
    folder = tmp_path_factory.mktemp("models")
    teach(folder / "better", SAMPLES, worse=folder / "worse")
    return folder
