"""Each folder of cases/ is a history of runs; `dac status`, `runs` and `logs` say of it what expected.* holds.

case.yaml: `runs` as history.write_run takes them; `calls`, each a list of words of a command with its exit status.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.status.history import write_run, write_tree

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/case.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_commands_say_how_pipelines_stand(
    case: Path, tmp_path: Path, dac: Callable[..., Any], golden: Callable[[Path, bytes], None]
) -> None:
    content = yaml.safe_load((case / "case.yaml").read_text())
    write_tree(tmp_path)
    printed = []
    with ExitStack() as living:
        for run in content.get("runs", []):
            write_run(tmp_path, run, living)
        for file, text in content.get("files", {}).items():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text)
        for words, code in content["calls"]:
            done = dac(*words.split(), cwd=tmp_path)
            printed.append(f"$ dac {words}\n{done.stdout}{done.stderr}")
            assert done.returncode == code, printed[-1]
    golden(case / "expected.txt", "\n".join(printed).replace(str(tmp_path), "TREE").encode())
