"""End the run by its verdict: the verdict fail fails the workflow, so that whoever waits for it sees it.

    python -m gate

Environment: the run's. Reads comparison.json. Exits with 0 on pass and on inconclusive (which moved neither alias nor
baseline), and with 1 on fail, which is not retried: the model would be no better.
"""

import argparse
import sys

from evaluation import comparison
from runtime import log, settings
from runtime.program import main

FAILED = 1


def gate() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    result = comparison.read(settings.run().root)
    for finding in result.get("findings", []):
        log.warning(finding["code"], finding["message"])
    if result["verdict"] == "fail":
        log.error("gate_failed", result["reason"])
        sys.exit(FAILED)
    if result["verdict"] == "inconclusive":
        log.warning("gate_open", f"{result['reason']}; the alias and the baseline stay as they were")
        return
    log.info("gate_passed", reason=result["reason"])


if __name__ == "__main__":
    main("gate", gate)
