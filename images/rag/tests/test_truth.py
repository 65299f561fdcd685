"""The index is never wrong: whatever happens to a run, after the next one it equals the index built from scratch.

Hypothesis drives the programs themselves (truth.py) through edits of the source and everything that may go wrong beside
them, one step after the other on one pipeline, and holds the live index after each step against the documents: the same
ids, vectors within 1e-5, the same payloads. DAC_STEPS says how many steps (500; `make soak` takes 20,000), DAC_SEED
which ones: the seed is printed, and with it the same steps are taken again.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from servers import Address
from truth import Truth

STEPS = int(os.environ.get("DAC_STEPS", "500"))
SEED = int(os.environ.get("DAC_SEED") or secrets.randbits(32))
ROUND = settings(
    stateful_step_count=25,
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def driven(machine: type[Truth], steps: int, capfd: pytest.CaptureFixture[str], examples: int) -> None:
    """Drive pipelines' lives, each from its own seed, until `steps` steps were held against the truth."""
    machine.taken = Counter()
    for chosen in itertools.count(SEED):
        try:
            run_state_machine_as_test(seed(chosen)(machine), settings=settings(ROUND, max_examples=examples))
        except BaseException as error:
            error.add_note(f"again: DAC_SEED={chosen} DAC_STEPS=1 python -m pytest images/rag/tests/test_truth.py")
            raise
        taken = machine.taken.total()
        with capfd.disabled():
            print(f"\r{taken} of {steps} steps, seeds {SEED} to {chosen}", end="", flush=True)
        if taken >= steps:
            break
    with capfd.disabled():
        summary = ", ".join(f"{count} {what}" for what, count in sorted(machine.taken.items()))
        print(f"\n{taken} steps, each held against an index built from scratch: {summary}")


def test_the_index_equals_one_built_from_scratch_after_whatever_happened(capfd: pytest.CaptureFixture[str]) -> None:
    driven(Truth, STEPS, capfd, examples=20)


def test_it_does_on_a_server_too(server: Address, capfd: pytest.CaptureFixture[str]) -> None:
    """A hundredth of the steps: the store is all that differs, and a server takes its time."""
    machine = type("TruthOnAServer", (Truth,), {"place": server})
    driven(machine, max(25, STEPS // 100), capfd, examples=2)
