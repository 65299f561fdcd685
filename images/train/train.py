"""Trains: full or LoRA, one process or many, checkpoints as it goes; a killed one goes on where the last one stands.

METHOD=full EPOCHS=3 MODEL='{"weights":"s3://models/small"}' SIZING='{"sequence":128,"global_batch_packs":16}' \
OBJECTS=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m train --work /work/train

Reads the run's tokens (named by the step before) and the base model. Writes <run>/checkpoints/<step>/ with DONE last,
and <run>/train/{loss.jsonl,loss.svg,progress.json}. With SIZING.processes above 1 it starts itself by torchrun. A
SIGTERM (a spot node that goes away) ends it with 143 after a last checkpoint; a loss that is not a number, with 65,
naming the rows.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from trainer import launch
from trainer import plan as plans


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for base, tokens and checkpoints under way")
    parser.add_argument("--progress", type=float, default=10.0, help="seconds between two lines of progress")
    flags = parser.parse_args()
    count = plans.read().processes
    if count > 1 and "RANK" not in os.environ:
        sys.exit(launch.processes("train", count, sys.argv[1:]))
    from trainer import session  # late: who only starts the others needs no torch

    session.stopping = False
    signal.signal(signal.SIGTERM, session.stop)
    session.train(flags.work, flags.progress)


if __name__ == "__main__":
    launch.main("train", program)
