"""Record that training has ended, so that the evaluations beside it stop waiting.

STATUS=Failed ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m mark_end

The DAG runs it however `train` ended. `train` cannot do it itself: it may have been killed.
"""

import argparse
import os

from runtime import settings
from runtime.log import info
from runtime.program import main
from trainer import checkpoint


def program() -> None:
    """Record how training ended, as STATUS says."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run = settings.run()
    status = os.environ.get("STATUS", "") or "ended"
    checkpoint.mark_ended(run.root, status)
    info("ended", message=f"training {status}: no further checkpoint comes")


if __name__ == "__main__":
    main("mark_end", program)
