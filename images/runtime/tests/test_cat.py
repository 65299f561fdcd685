"""`python -m runtime.cat`: what a person's `dac logs` and `dac runs` read of the object store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def cat(*words: str) -> list[str]:
    command = [sys.executable, "-m", "runtime.cat", *words]
    images = Path(__file__).parents[2]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=images).stdout.splitlines()


def test_the_newest_of_each_prefix_come_as_lines(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        for age, name in enumerate(("3.json", "1.json", "2.json")):
            file = tmp_path / folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(f'{{"is":\n"{name}"}}')
            os.utime(file, (1_000_000_000 - age, 1_000_000_000 - age))
    held = [
        json.loads(line)
        for line in cat("--newest", "2", f"file://{tmp_path}/a", f"file://{tmp_path}/b", f"file://{tmp_path}/c")
    ]
    assert [each["address"].removeprefix(f"file://{tmp_path}/") for each in held] == [
        "a/3.json",
        "a/1.json",
        "b/3.json",
        "b/1.json",
    ]
    assert json.loads(held[0]["text"]) == {"is": "3.json"}
