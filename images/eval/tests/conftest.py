"""The programs' folder on the path, as PYTHONPATH has it in a pod."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A run's environment in a folder of its own."""
    return World(tmp_path, monkeypatch)
