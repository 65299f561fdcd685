"""The images' environments on this machine, as images/env.sh makes them."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.image


def test_an_environment_is_compiled_whatever_pythondontwritebytecode_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each step would compile what it imports, torch above all, each time that it starts."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = Path(subprocess.check_output([ROOT / "images/env.sh", "eval"], text=True).strip())
    sources = [*folder.glob("lib/python*/site-packages/*/__init__.py")]
    assert len(sources) > 20
    assert [file for file in sources if not Path(importlib.util.cache_from_source(str(file))).is_file()] == []
