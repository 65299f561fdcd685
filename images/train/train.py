"""Train a model: full or LoRA, on one process or many, with checkpoints from which an interrupted run resumes.

METHOD=full EPOCHS=3 MODEL='{"weights":"s3://models/small"}' SIZING='{"sequence":128,"global_batch_packs":16}' \
OBJECTS=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m train --work /work/train

Reads the run's tokens (named by the step before) and the base model. Writes <run>/checkpoints/<step>/ with DONE last,
and <run>/train/{loss.jsonl,loss.svg,progress.json}. With SIZING.processes above 1 it starts itself by torchrun. After a
SIGTERM (a spot node that goes away) it writes a last checkpoint and exits with 143. Where the loss is not finite it
exits with 65 and names the rows.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from trainer import launch
from trainer import plan as plans

# Without it MKL may add in an order that follows where a tensor lies in memory, so that a resumed run could differ in a
# last digit. It is read when torch is loaded.
os.environ.setdefault("MKL_CBWR", "AUTO")


def program() -> None:
    """Train in this process, or start the processes that do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for base, tokens and checkpoints under way")
    parser.add_argument("--progress", type=float, default=10.0, help="seconds between two lines of progress")
    flags = parser.parse_args()
    count = plans.read().processes
    if count > 1 and "RANK" not in os.environ:
        sys.exit(launch.processes("train", count, sys.argv[1:]))
    from trainer import session  # here, since the process that starts the others needs no torch

    session.stopping = False
    signal.signal(signal.SIGTERM, session.stop)
    session.train(flags.work, flags.progress)


if __name__ == "__main__":
    launch.main("train", program)
