"""Ten runs in a row with a kill in each, chosen by a seed that the test prints: DAC_SEED=N repeats it."""

import os
import random

import pytest
from harness.docs import write_documents
from harness.faults import Fault, survives
from harness.kube import Kube
from harness.outside import Outside
from harness.runs import Runs

SEED = int(os.environ.get("DAC_SEED", "20261124"))
SEEDS = random.Random(SEED).sample(range(1_000_000), 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_survives_a_kill(kube: Kube, docs: Runs, outside: Outside, seed: int) -> None:
    write_documents(outside, chess=f"In chess a pawn that reaches the last rank becomes another piece. {seed}")
    print(survives(kube, docs, outside, Fault.of(seed)))
