"""Says that training has ended, so that the evaluations beside it stop waiting.

STATUS=Failed ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m mark_end

The DAG runs it whatever became of `train`, a kill included, which is why `train` does not do it itself.
"""

import argparse
import os

from runtime import settings
from runtime.log import info
from runtime.program import main
from trainer import checkpoint


def program() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run = settings.run()
    status = os.environ.get("STATUS", "") or "ended"
    checkpoint.end(run.root, status)
    info("ended", message=f"training {status}: no further checkpoint comes")


if __name__ == "__main__":
    main("mark_end", program)
