"""The tree whose pipelines fail on purpose can be rendered as the training demo makes it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
Dac = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_training_demos_tree_renders(tmp_path: Path, dac: Dac) -> None:
    script = (ROOT / "tests/demo/train.sh").read_text()
    (made,) = re.findall(r'(?s)\nmkdir "\$state/tree"\n(.*?)\ndac render', script)
    (tmp_path / "tree").mkdir()
    subprocess.run(["bash", "-ec", made], cwd=ROOT, env={"state": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)
    done = dac("render", "--root", str(tmp_path / "tree"))
    assert done.returncode == 0, done.stdout + done.stderr
