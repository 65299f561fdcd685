"""Compare the scorecard with its baselines, sample by sample, and give the verdict.

    python -m compare --verdict /work/out/verdict

Environment: BASELINE (a name such as `last-pass` under <artifacts>/<project>/<pipeline>/baselines/), MARGIN (the drop
that counts as a regression, such as 0.02), FLOORS (NAME=VALUE, by commas: a metric below its floor fails), MOST_FAILED
(largest share of failed and empty answers), MAX_AGE_DAYS (an older baseline is stale), METRICS, and the run's.
Writes comparison.json under the run's folder. A run is compared with the last that passed and with the best one, so
that small drops do not add up. What a baseline lacks (another dataset, a new metric, other rules, its age) is not
compared, and the verdict is inconclusive: nothing says that the model is good enough; a floor says it of a new metric.
What findings.py finds keeps a run from passing too.
ACCEPT, which a person sets by hand when starting a run, stands in for what cannot be compared: the run becomes the
baseline. It holds the version of the registered model that the person accepts.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation import (
    baseline,
    calibration,
    comparison,
    decisions,
    differences,
    findings,
    metrics,
    paired,
    scorecard,
    verdict,
)
from evaluation.decisions import Gate
from runtime import log, objects, receipt, settings
from runtime.program import main
from runtime.words import plural

Entries = dict[str, dict[str, Any]]


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdict", type=Path, required=True, help="where the verdict is written, one word")
    return parser.parse_args()


def drops(entries: Entries, margin: float) -> str:
    """Return what the differences decide in one sentence."""
    decided = verdict.overall({name: entry["verdict"] for name, entry in entries.items()})
    deciding = {name: entry for name, entry in entries.items() if entry["verdict"] == decided}
    if decided == "pass":
        return f"no metric is worse by {margin:g} or more (95 % intervals)"
    if decided == "fail":
        falls = (f"{name} {entry['baseline']:.3f} -> {entry['value']:.3f}" for name, entry in deciding.items())
        return f"worse beyond chance by {margin:g} or more: {', '.join(falls)}"
    more = [entry["more"] for entry in deciding.values()]
    settle = (
        "no practical number of samples would settle it"
        if None in more
        else f"about {plural(max(more), 'more sample')} would settle it"
    )
    return f"inconclusive: {', '.join(deciding)}; {settle}"


def below_floors(card: dict[str, Any], floors: Mapping[str, float]) -> str:
    """Return which metrics are below their floors; empty where none is."""
    low = [(name, card["metrics"][name]["value"], floor) for name, floor in floors.items() if name in card["metrics"]]
    return ", ".join(f"{name} {value:.3f} is below its floor {floor:g}" for name, value, floor in low if value < floor)


def unheld(run: settings.Run, gate: Gate, card: dict[str, Any], fit: baseline.Fitness) -> tuple[str, str]:
    """Return the verdict, and why, on what has nothing to be compared with: a floor's, a person's, or none."""
    advisory = calibration.advisory(card)
    if len(advisory) == len(card["metrics"]):
        return "inconclusive", f"nothing decides: {'; '.join(dict.fromkeys(advisory.values()))}; add a metric that does"
    names = [name for name in (card["metrics"] if fit.unfit else fit.new) if name not in advisory]
    if not names:
        return "pass", ""
    if gate.accept:
        if not gate.floors and all(card["metrics"][name]["value"] <= 0 for name in names):
            return "inconclusive", f"not accepted: {', '.join(names)} 0; give a floor of 0 to accept that"
        becomes = f"accepted as {gate.accept!r} by who started the run: it becomes the baseline {gate.baseline!r}"
        return "pass", becomes
    if not fit.unfit and all(name in gate.floors for name in names):
        return "pass", f"new metrics above their floors: {', '.join(names)}"
    return "inconclusive", (
        f"{fit.reason}, and a run does not accept its own model: a person does, with "
        f"dac run --cluster {run.project}/{run.pipeline} -p accept=VERSION, or with --accept of dac evaluate"
    )


def against(run: settings.Run, gate: Gate, base: dict[str, Any], fit: baseline.Fitness) -> dict[str, Any]:
    """Return what comparison.json has of both baselines: the last pass, and the best where it is another run.

    Args:
        run: this run.
        gate: what the suite decides of it.
        base: the last pass's scorecard.
        fit: how far the run can be compared with it.
    """
    card = scorecard.read(run.root)
    wanted = {n: metric for n, metric in metrics.chosen(list(card["metrics"])).items() if n not in fit.new}
    rules = {name: card["metrics"][name]["signature"] for name in wanted}
    last, best = baseline.folder(run, gate.baseline), baseline.best_folder(run, gate.baseline)
    # Its age does not count: it is the fixed point, on the same samples.
    top = baseline.read(best)
    judges, corpus = baseline.judge_models(card), card.get("corpus")
    fixed = baseline.fitness(top, "best", card["dataset"], rules, float("inf"), judges, corpus)
    usable = top is not None and not fixed.unfit
    compared = {last: wanted}
    if top is not None and usable and top["run"] != base["run"]:
        both = {name: metric for name, metric in wanted.items() if metric.fixed is None and name not in fixed.new}
        compared |= {best: both} if both else {}
    advisory = calibration.advisory(card)
    entries = {}
    for decides in (True, False):  # what decides nothing takes no part of the others' level
        family = {
            folder: {name: metric for name, metric in held.items() if (name not in advisory) == decides}
            for folder, held in compared.items()
        }
        entries |= differences.of_baselines(run.root, family, gate.margin)
    by_folder = {folder: {name: entries[folder, name] for name in names} for folder, names in compared.items()}
    held = by_folder[last] | by_folder.get(best, {})
    deciding = {name: entry for name, entry in held.items() if name not in advisory}
    rises = all(entry["difference"] >= 0 for name, entry in deciding.items() if wanted[name].fixed is None)
    differing = {"baseline": _identity(base, last), "metrics": by_folder[last], "best": None}
    if top is not None and best in by_folder:
        differing["best"] = {"baseline": _identity(top, best), "metrics": by_folder[best]}
    return {**differing, "best_next": "this" if rises else "keep" if usable else "last"}


def _identity(base: dict[str, Any], folder: str) -> dict[str, str]:
    return {"run": base["run"], "model": base["model"], "address": folder, "created": base["created"]}


def decided(result: dict[str, Any], margin: float, advisory: Mapping[str, str]) -> tuple[str, str]:
    """Return the verdict, and why, on what both baselines decide."""
    last, best = (
        {name: entry for name, entry in each["metrics"].items() if name not in advisory}
        for each in (result, result["best"] or {"metrics": {}})
    )
    entries = {**last, **{f"{name} against the best": entry for name, entry in best.items()}}
    if not entries:
        return "pass", ""
    return verdict.overall({name: entry["verdict"] for name, entry in entries.items()}), drops(entries, margin)


def compared(run: settings.Run, gate: Gate) -> dict[str, Any]:
    """Return the content of comparison.json."""
    card = scorecard.read(run.root)
    base = baseline.read(baseline.folder(run, gate.baseline))
    rules = {name: entry["signature"] for name, entry in card["metrics"].items()}
    judges = baseline.judge_models(card)
    fit = baseline.fitness(base, gate.baseline, card["dataset"], rules, gate.max_age_days, judges, card.get("corpus"))
    advisory = calibration.advisory(card)
    result: dict[str, Any] = {"baseline": None, "metrics": {}, "best": None, "best_next": "this"}
    if base is not None and not fit.unfit:
        result = against(run, gate, base, fit)
    observed = findings.of_run(card, gate.most_failed)
    floors = {name: floor for name, floor in gate.floors.items() if name not in advisory}
    low, errors = below_floors(card, floors), findings.errors(observed)
    unscored = ", ".join(f"{name} has a floor and scores no sample" for name in floors if name not in card["metrics"])
    verdicts = [decided(result, gate.margin, advisory), unheld(run, gate, card, fit), ("fail" if low else "pass", low)]
    verdicts += [("inconclusive", unscored)] if unscored else []
    verdicts += [("inconclusive", each["message"]) for each in errors]
    overall = verdict.overall({str(place): each for place, (each, _) in enumerate(verdicts)})
    units = card["dataset"]["groups"] or card["dataset"]["rows"]
    return {
        "verdict": overall,
        "reason": "; ".join(why for each, why in verdicts if each == overall and why),
        **result,
        "new": fit.new,
        "advisory": advisory,
        "floors": gate.floors,
        "findings": observed,
        "margin": gate.margin,
        "alpha": verdict.ALPHA,
        "detectable": paired.detectable(units, max(1, len(card["metrics"]) - len(advisory)), verdict.ALPHA),
    }


def compare() -> None:
    """Run the step."""
    options = arguments()
    run = settings.run()
    gate = decisions.read(list(metrics.chosen(settings.names("METRICS"))))
    with receipt.part(run, "compare") as part:
        result = compared(run, gate)
        comparison.write(run.root, result)
        part.facts = {name: result[name] for name in ("verdict", "reason", "baseline", "findings")}
    for each in result["findings"]:
        tell = log.info if each["severity"] == "note" else log.warning
        tell(each["code"], each["message"])
    objects.write(str(options.verdict.absolute()), result["verdict"].encode())
    log.info("verdict", verdict=result["verdict"], reason=result["reason"])


if __name__ == "__main__":
    main("compare", compare)
