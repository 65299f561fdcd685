"""Waits for a run's next checkpoint and readies its evaluation; ends at once where training has ended without it.

ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m watch_evals --index 0 --step /work/out/step

Evaluation number `index` of those that the tokenize step announced: the first is of the base model (step 0), which is
there already, the others are of checkpoints. Writes the step, or `none`, to the file, and copies the suite to
<run>/evals/<step>/, where the eval programs find it and leave their scorecard.
"""

import argparse
import time
from pathlib import Path

from runtime import objects, receipt, settings
from runtime.errors import TryAgain
from runtime.log import info
from runtime.program import main
from trainer import checkpoint, scorecards

POLL_SECONDS = 1.0
NONE = "none"


def await_checkpoint(run: settings.Run, step: int, patience: float) -> bool:
    """Returns whether there is a model of a step to evaluate, False where training ended without it.

    Raises:
        TryAgain: neither happened within `patience` seconds.
    """
    started = said = time.monotonic()
    while step != checkpoint.BASE:
        if step in checkpoint.steps(run.root):
            return True
        if (status := checkpoint.ended(run.root)) is not None:
            if step in checkpoint.steps(run.root):  # it may have come between the two looks
                return True
            info("no_checkpoint", message=f"training {status} before the checkpoint of step {step}")
            return False
        now = time.monotonic()
        if now - started > patience:
            raise TryAgain(f"no checkpoint of step {step} within {patience:.0f} s, and training has not ended")
        if now - said > 30:
            said = now
            info("waiting", message=f"for the checkpoint of step {step}; {where(run)}")
        time.sleep(POLL_SECONDS)
    return True


def where(run: settings.Run) -> str:
    """Returns how far training says it is."""
    place = f"{run.root}/train/progress.json"
    if not objects.exists(place):
        return "training has not started"
    value = objects.read_json(place)
    return f"training is at step {value['step']} of {value['steps']}"


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=int, required=True, help="which evaluation, from 0")
    parser.add_argument("--step", type=Path, required=True, help="file for the checkpoint's step")
    parser.add_argument("--patience", type=float, default=86_400, help="seconds to wait at most")
    flags = parser.parse_args()
    run = settings.run()
    planned = receipt.facts(run, "tokenize_dataset")["evaluated"]
    found = flags.index < len(planned) and await_checkpoint(run, planned[flags.index], flags.patience)
    flags.step.parent.mkdir(parents=True, exist_ok=True)
    if found:
        scorecards.ready(run, planned[flags.index])
        what = f"the checkpoint of step {planned[flags.index]}" if planned[flags.index] else "the base model"
        info("evaluating", message=f"evaluating {what}")
    flags.step.write_text(f"{planned[flags.index] if found else NONE}\n")


if __name__ == "__main__":
    main("watch_evals", program)
