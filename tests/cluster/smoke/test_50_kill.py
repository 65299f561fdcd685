"""One thing killed in the middle of a run, chosen by DAC_SEED; the soak kills each of four in each of five steps."""

import os

from harness.faults import faults, survives
from harness.kube import Kube, say
from harness.outside import Outside
from harness.runs import Runs

SEED = int(os.environ.get("DAC_SEED", "20261124"))


def test_a_run_survives_a_kill(kube: Kube, docs: Runs, outside: Outside) -> None:
    say("DAC_SEED=%d: %s", SEED, survives(kube, docs, outside, faults(SEED)[0]))
