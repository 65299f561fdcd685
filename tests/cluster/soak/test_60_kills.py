"""Runs in a row with a kill in each: the controller, a pod, the node agent, the store, each in each of the five steps.

DAC_SEED gives their order and moments; DAC_FAULTS says how many (all twenty).
"""

import os

import pytest
from harness.faults import Fault, faults, survives
from harness.kube import Kube, say
from harness.outside import Outside
from harness.runs import Runs

SEED = int(os.environ.get("DAC_SEED", "20261124"))
FAULTS = faults(SEED)[: int(os.environ.get("DAC_FAULTS", "20"))]


@pytest.fixture(scope="module", autouse=True)
def index(docs: Runs, outside: Outside) -> None:
    """Readers have an index before the first kill: smoke's, or one that is made now."""
    if docs.alias not in outside.aliases():
        docs.run()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_run_survives_a_kill(kube: Kube, docs: Runs, outside: Outside, fault: Fault) -> None:
    say("DAC_SEED=%d: %s", SEED, survives(kube, docs, outside, fault))
