"""Ends the run by its verdict: a fail fails the workflow, so that whoever waits for it sees it.

    python -m gate

Environment: the run's. Reads comparison.json. Exit 0 on pass and on inconclusive (which moved no alias and no
baseline), 1 on fail: the model is what is wrong, so nothing is tried again.
"""

import argparse
import sys

import log
import settings
from errors import main
from evaluation import comparison

FAILED = 1


def gate() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    told = comparison.read(settings.run().root)
    if told["verdict"] == "fail":
        log.error("gate_failed", told["reason"])
        sys.exit(FAILED)
    if told["verdict"] == "inconclusive":
        log.warning("gate_open", f"{told['reason']}; the alias and the baseline stay where they were")
        return
    log.info("gate_passed", reason=told["reason"])


if __name__ == "__main__":
    main(gate)
