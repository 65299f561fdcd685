"""What a terminal shows of a run: a line a step, and one a try only where one failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac import run
from dac.cli._watch import _tree
from dac.run.argo.controller import utc_now

WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  entrypoint: main
  templates:
  - name: main
    retryStrategy: {limit: "1"}
    container: {image: busybox, command: [sh, -c, "test {{retries}} -ge FAILURES"]}
"""


@pytest.mark.parametrize(("failures", "names"), [(0, ["w"]), (1, ["w", "w(0)", "w(1)"])])
def test_a_step_is_one_line_unless_a_try_failed(tmp_path: Path, failures: int, names: list[str]) -> None:
    documents, _ = run.documents(WORKFLOW.replace("FAILURES", str(failures)), "w.yaml")
    images = run.Images(None, tmp_path, True)
    state, _ = run.run(
        run.assemble(documents, utc_now()), run.Request(tmp_path / "state", run.Bindings(), images, name="w")
    )
    assert [line.split()[1] for line in _tree(state).plain.splitlines()[1:]] == names
