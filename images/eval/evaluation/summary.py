"""What a run came to, in lines for people: each score with its interval, the verdict, and where the report lies."""

from runtime import addresses, objects
from runtime.settings import Run

from evaluation import comparison, scorecard

REPORTS = ("report.html", "report.md")


def lines(run: Run) -> list[str]:
    """Return the lines of a run; none where it ended before there were scores."""
    if not objects.exists(scorecard.address(run.root)):
        return []
    card = scorecard.read(run.root)
    shown = [
        f"{name} {entry['value']:.3f} [{entry['low']:.3f}, {entry['high']:.3f}] of {entry['n']:,}"
        for name, entry in card["metrics"].items()
    ]
    counts = card["samples"]
    if missing := counts["failed"] + counts["empty"]:
        shown.append(f"{missing:,} of {counts['total']:,} answers failed or empty, counted as 0")
    if objects.exists(comparison.address(run.root)):
        result = comparison.read(run.root)
        shown.append(f"verdict: {result['verdict']}{': ' if result['reason'] else ''}{result['reason']}")
    report = next((name for name in REPORTS if objects.exists(f"{run.root}/{name}")), None)
    return [*shown, f"report: {addresses.shown(f'{run.root}/{report}')}"] if report else shown
