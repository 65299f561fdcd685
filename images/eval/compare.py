"""Compare the scorecard with its baseline, sample by sample, and give the verdict.

    python -m compare --verdict /work/out/verdict

Environment: BASELINE (a name such as `last-pass` under <artifacts>/<project>/<pipeline>/baselines/), MARGIN (the drop
that counts as a regression, such as 0.02), MAX_AGE_DAYS (an older baseline is stale), METRICS, and the run's.
Writes comparison.json under the run's folder. A baseline of another dataset, of other metrics or rules, or a stale one
is refused by name. Without a baseline the verdict is inconclusive: nothing says that the model is good enough.
ACCEPT, which a person sets by hand when starting a run, passes a run that has no baseline, or an unfit one: the run
becomes the baseline. It holds the version of the registered model that the person accepts.
"""

import argparse
import datetime
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from evaluation import comparison, metrics, paired, scorecard, verdict
from evaluation.metrics import Metric
from evaluation.stats import Floats
from runtime import log, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.words import plural

SEED = 20_26
MAX_AGE_DAYS = 90


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdict", type=Path, required=True, help="where the verdict is written, one word")
    return parser.parse_args()


def refuse_unfit(card: dict[str, Any], base: dict[str, Any], name: str, max_age_days: float) -> None:
    """Refuse a baseline that this run cannot be compared with.

    Args:
        card: this run's scorecard.
        base: the baseline's scorecard.
        name: the baseline's name.
        max_age_days: the oldest that it may be.

    Raises:
        InputError: names the baseline, what differs, and what to do.
    """
    title, remedy = (
        f"baseline {name!r} (run {base['run']})",
        "to replace it, start a run by hand with accept=VERSION",
    )
    ours, theirs = card["dataset"], base["dataset"]
    if (ours["name"], ours["sha256"]) != (theirs["name"], theirs["sha256"]):
        raise InputError(
            f"{title}: scored on {theirs['name']} (sha256 {theirs['sha256'][:12]}), "
            f"but this run on {ours['name']} (sha256 {ours['sha256'][:12]}); {remedy}"
        )
    for metric, entry in card["metrics"].items():
        if metric not in base["metrics"]:
            raise InputError(f"{title}: has no {metric}; {remedy}")
        other = base["metrics"][metric]["signature"]
        if other != entry["signature"]:
            raise InputError(f"{title}: {metric} was computed by {other}, but now by {entry['signature']}; {remedy}")
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(base["created"])
    if age.total_seconds() > max_age_days * 86400:
        raise InputError(f"{title}: {plural(age.days, 'day')} old; at most {max_age_days:g} are allowed; {remedy}")


def aligned(new: pa.Table, old: pa.Table, column: str) -> tuple[list[Any], list[Any], list[str] | None]:
    """Return a column of both tables for the samples that have it in both, in order, and their groups (or None)."""
    theirs = dict(zip(old["id"].to_pylist(), old[column].to_pylist(), strict=True))
    kept = [
        (value, other, group)
        for key, value, group in zip(
            new["id"].to_pylist(), new[column].to_pylist(), new["group"].to_pylist(), strict=True
        )
        if value is not None and (other := theirs.get(key)) is not None
    ]
    groups = [group for _, _, group in kept]
    clustered = bool(groups) and groups[0] is not None
    return [value for value, _, _ in kept], [other for _, other, _ in kept], groups if clustered else None


def difference(name: str, metric: Metric, new: pa.Table, old: pa.Table) -> paired.Difference:
    """Return one metric's difference.

    Raises:
        InputError: no sample has a value in both runs.
    """
    column = f"counts.{name}" if metric.kind == "corpus" else f"score.{name}"
    ours, theirs, groups = aligned(new, old, column)
    if not ours:
        raise InputError(f"{name}: no sample has a value in both runs")
    rng = np.random.default_rng(SEED)
    first: Floats = np.array(ours, dtype=np.float64)
    second: Floats = np.array(theirs, dtype=np.float64) if metric.fixed is None else np.full(len(ours), metric.fixed)
    if metric.value is not None:
        return paired.of_corpus(first, second, metric.value, groups, rng)
    return paired.per_sample(first, second, groups, metric.kind == "binary", rng)


def decide_all(differences: dict[str, paired.Difference], margin: float) -> dict[str, dict[str, Any]]:
    """Return each metric's entry of comparison.json."""
    adjusted = paired.holm([each.p for each in differences.values()])
    entries: dict[str, dict[str, Any]] = {}
    for (name, each), p in zip(differences.items(), adjusted, strict=True):
        decision = verdict.decide(each, p, margin, len(differences))
        entries[name] = {
            "value": each.value, "baseline": each.baseline, "difference": each.difference,
            "standard_error": each.standard_error, "low": each.low, "high": each.high, "n": each.n,
            "p": each.p, "p_adjusted": p, "test": each.test, "better": each.better, "worse": each.worse,
            "verdict": decision.verdict, "more": decision.more,
        }  # fmt: skip
    return entries


def reason(entries: dict[str, dict[str, Any]], margin: float) -> str:
    """Return the verdict's reason in one sentence."""
    suite = verdict.overall({name: entry["verdict"] for name, entry in entries.items()})
    deciding = {name: entry for name, entry in entries.items() if entry["verdict"] == suite}
    if suite == "pass":
        return f"no metric is worse by {margin:g} or more (95 % intervals)"
    if suite == "fail":
        drops = (f"{name} {entry['baseline']:.3f} -> {entry['value']:.3f}" for name, entry in deciding.items())
        return f"worse beyond chance by {margin:g} or more: {', '.join(drops)}"
    more = [entry["more"] for entry in deciding.values()]
    settle = (
        "no practical number of samples would settle it"
        if None in more
        else f"about {plural(max(more), 'more sample')} would settle it"
    )
    return f"inconclusive: {', '.join(deciding)}; {settle}"


def first(run: settings.Run, name: str, accept: str) -> dict[str, Any]:
    """Return the verdict on a run that has nothing to be compared with: a person's, or none."""
    if accept:
        why = f"accepted as {accept!r} by who started the run: it becomes the baseline {name!r}"
        return {"verdict": "pass", "reason": why}
    why = (
        f"no baseline {name!r} yet, and a run does not accept its own model: a person does, with "
        f"dac run --cluster {run.project}/{run.pipeline} -p accept=VERSION"
    )
    return {"verdict": "inconclusive", "reason": why}


def fits(card: dict[str, Any], base: dict[str, Any], name: str, max_age_days: float, accept: str) -> bool:
    """Return whether a run is compared with a baseline: not where it is unfit and a person accepts the run instead.

    Raises:
        InputError: the baseline is unfit and nobody accepts the run; or it is fit, and somebody does.
    """
    try:
        refuse_unfit(card, base, name, max_age_days)
    except InputError:
        if accept:
            return False
        raise
    if accept:
        raise InputError(
            f"accept={accept}: there is a baseline {name!r} (run {base['run']}), which decides; start without accept"
        )
    return True


def compared(run: settings.Run, name: str, margin: float, max_age_days: float, accept: str) -> dict[str, Any]:
    """Return the content of comparison.json."""
    card, folder = scorecard.read(run.root), comparison.baseline_folder(run, name)
    units = card["dataset"]["groups"] or card["dataset"]["rows"]
    rules = {
        "margin": margin,
        "alpha": verdict.ALPHA,
        "detectable": paired.detectable(units, len(card["metrics"]), verdict.ALPHA),
    }
    if not objects.exists(scorecard.address(folder)):
        return {**first(run, name, accept), "baseline": None, "metrics": {}, **rules}
    base = scorecard.read(folder)
    if not fits(card, base, name, max_age_days, accept):
        return {**first(run, name, accept), "baseline": None, "metrics": {}, **rules}
    wanted = metrics.chosen(list(card["metrics"]))
    columns = ["id", "group", *(f"counts.{m}" for m in wanted), *(f"score.{m}" for m in wanted)]
    new, old = scorecard.read_samples(run.root, columns), scorecard.read_samples(folder, columns)
    entries = decide_all({m: difference(m, metric, new, old) for m, metric in wanted.items()}, margin)
    return {
        "verdict": verdict.overall({m: entry["verdict"] for m, entry in entries.items()}),
        "reason": reason(entries, margin),
        "baseline": {"run": base["run"], "model": base["model"], "address": folder, "created": base["created"]},
        "metrics": entries,
        **rules,
    }


def compare() -> None:
    """Run the step."""
    options = arguments()
    run = settings.run()
    try:
        margin = float(os.environ.get("MARGIN", ""))
    except ValueError:
        raise InputError(f"MARGIN: {os.environ.get('MARGIN')!r} is not a number; write one such as 0.02") from None
    max_age_days = float(os.environ.get("MAX_AGE_DAYS") or MAX_AGE_DAYS)
    with receipt.part(run, "compare") as part:
        accept = os.environ.get("ACCEPT", "")
        result = compared(run, os.environ.get("BASELINE") or "last-pass", margin, max_age_days, accept)
        comparison.write(run.root, result)
        part.facts = {name: result[name] for name in ("verdict", "reason", "baseline")}
    objects.write(str(options.verdict.absolute()), result["verdict"].encode())
    log.info("verdict", verdict=result["verdict"], reason=result["reason"])


if __name__ == "__main__":
    main("compare", compare)
