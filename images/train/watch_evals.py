"""Wait for a run's next checkpoint and prepare its evaluation, or stop because training ended without it.

ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m watch_evals --index 0 --step /work/out/step

Evaluation number `index` of those that the tokenize step planned: the first is of the base model (step 0), which
exists already, the others are of checkpoints. Writes the step, or `none`, to the file, and copies the suite to
<run>/evals/<step>/, where the eval programs read it and write their scorecard.
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
REPORT_SECONDS = 30.0
NONE = "none"


def await_checkpoint(run: settings.Run, step: int, patience: float) -> bool:
    """Wait for the model of a step.

    Args:
        run: the run.
        step: the checkpoint's; 0 is the base model.
        patience: longest wait in seconds.

    Returns:
        Whether there is one; False if training ended without it.

    Raises:
        TryAgain: neither happened in time.
    """
    started = reported = time.monotonic()
    while step != checkpoint.BASE:
        if step in checkpoint.steps(run.root):
            return True
        if (status := checkpoint.ended(run.root)) is not None:
            if step in checkpoint.steps(run.root):  # it may have been written between the two checks
                return True
            info("no_checkpoint", message=f"training {status} before the checkpoint of step {step}")
            return False
        now = time.monotonic()
        if now - started > patience:
            raise TryAgain(f"no checkpoint of step {step} within {patience:.0f} s, and training has not ended")
        if now - reported > REPORT_SECONDS:
            reported = now
            info("waiting", message=f"for the checkpoint of step {step}; {position(run)}")
        time.sleep(POLL_SECONDS)
    return True


def position(run: settings.Run) -> str:
    """Return how far training is, by its own report."""
    place = f"{run.root}/train/progress.json"
    if not objects.exists(place):
        return "training has not started"
    value = objects.read_json(place)
    return f"training is at step {value['step']} of {value['steps']}"


def program() -> None:
    """Wait for the checkpoint of one evaluation and prepare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=int, required=True, help="which evaluation, from 0")
    parser.add_argument("--step", type=Path, required=True, help="file for the checkpoint's step")
    parser.add_argument("--patience", type=float, default=86_400, help="longest wait in seconds")
    flags = parser.parse_args()
    run = settings.run()
    planned = receipt.facts(run, "tokenize_dataset")["evaluated"]
    step = planned[flags.index] if flags.index < len(planned) else None
    available = step is not None and await_checkpoint(run, step, flags.patience)
    flags.step.parent.mkdir(parents=True, exist_ok=True)
    if available:
        scorecards.prepare(run, step)
        info("evaluating", message=f"evaluating {f'the checkpoint of step {step}' if step else 'the base model'}")
    flags.step.write_text(f"{step if available else NONE}\n")


if __name__ == "__main__":
    main("watch_evals", program)
