"""One thing killed in the middle of a run, chosen by a seed; the soak kills ten in a row."""

import os

from harness.docs import write_documents
from harness.faults import Fault, survives
from harness.kube import Kube
from harness.outside import Outside
from harness.runs import Runs

SEED = int(os.environ.get("DAC_SEED", "20261124"))


def test_a_run_survives_a_kill(kube: Kube, docs: Runs, outside: Outside) -> None:
    write_documents(outside, chess="In chess a pawn that reaches the last rank becomes another piece.")
    print(survives(kube, docs, outside, Fault.of(SEED)))
