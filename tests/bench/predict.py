"""Holds what was predicted of a run by the runs before it against what it took: processor time of steps, and time.

    .venv/bin/python tests/bench/predict.py [FOLDER...]

A folder is an artifact store, with PROJECT/PIPELINE/receipts/*.json below it; .dac/objects/dac-artifacts when left out.
`make demo`, `make demo-eval` and `make demo-train` leave such receipts; run each twice, from an empty state, and keep
the first's folder. A run is predicted by the receipts that ended before it, for as much work as it turned out to have.
A ratio is the middle of what was predicted by what it took, and is 1 where the prediction is right. Figures are of the
clock, of runs and of the CPUs that pods hold: on a machine that others use, they vary with what those do. The same run
of the same documents took 40 to 50 s on a virtual machine that did nothing else: each run's ratio is printed, and the
verdict is on a project's sums.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from dac.cli._month_costs import estimator_over  # noqa: E402 # the path is set above
from dac.expand import Expander  # noqa: E402
from dac.load import load_repository  # noqa: E402
from dac.model.bounds import Bounds  # noqa: E402
from dac.model.receipt import NotAReceipt, parse_receipt  # noqa: E402

AMOUNTS = ("seconds", "cpu_seconds")


def receipts(folders: list[Path]) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """Yield project, pipeline and its receipts of runs that succeeded, the oldest first."""
    by_pipeline: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for folder in folders:
        for path in folder.glob("*/*/receipts/*.json"):
            try:
                receipt = parse_receipt(path.read_bytes())
            except NotAReceipt as error:
                print(f"{path}: left out: {error}", file=sys.stderr)
                continue
            if receipt["status"] == "Succeeded":
                by_pipeline.setdefault((receipt["project"], receipt["pipeline"]), []).append(receipt)
    for (project, pipeline), own in sorted(by_pipeline.items()):
        yield project, pipeline, sorted(own, key=lambda receipt: str(receipt["finished"]))


def middle(bounds: Bounds) -> float | None:
    """Return the middle of what was predicted; None where it has no upper bound."""
    return None if bounds.most is None else (bounds.least + bounds.most) / 2


def main() -> None:
    """Print a line for each run that has one before it; exit with 1 where a project is off by more than a fifth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / ".dac/objects/dac-artifacts"])
    folders = parser.parse_args().folders
    repository, _ = load_repository(ROOT)
    estimator = estimator_over(Expander(repository))
    sums: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for project, name, own in receipts(folders):
        decided = repository.projects[project].pipelines.get(name) if project in repository.projects else None
        if decided is None:
            print(f"{project}/{name}: not a pipeline of this tree")
            continue
        standard = repository.standards[decided.standard]
        for index, receipt in enumerate(own[1:], start=1):
            actual = estimator.actual(decided, standard, receipt)
            predicted = estimator.hindsight(decided, standard, own[index - 1 :: -1], receipt)
            if actual is None or predicted is None:
                print(f"{project}/{name} {receipt['run']}: no run before it with the same arguments")
                continue
            words = []
            for amount in AMOUNTS:
                took, expected = getattr(actual, amount), getattr(predicted, amount)
                if took.least and (half := middle(expected)) is not None:
                    sums.setdefault((project, amount), []).append((half, took.least))
                    words.append(f"{amount} {half:.1f} / {took.least:.1f} = {half / took.least:.2f}")
            print(f"{project}/{name} {receipt['run']}: {', '.join(words) or 'nothing that can be compared'}")
    off = 0
    for (project, amount), pairs in sums.items():
        ratio = sum(half for half, _ in pairs) / sum(took for _, took in pairs)
        each = [half / took for half, took in pairs]
        off += not 0.8 <= ratio <= 1.2
        print(f"{project}: {amount} {ratio:.2f} over {len(pairs)} runs, each {min(each):.2f} to {max(each):.2f}")
    print(f"{len(sums)} sums, {off} of them off by more than a fifth")
    sys.exit(bool(off) or not sums)


if __name__ == "__main__":
    main()
