"""Find the version that is scored, read the pinned dataset, check both and what they are compared with, and cut shards.

    python -m load --out /work/out --least-rows 50

Environment: DATASET (the catalog's facts: uri, sha256; unset where the project pins a file of its own),
DATASET_NAME (its name in the catalog, or ADDRESS@sha256:DIGEST), METRICS (names, comma-separated), NORMALISATION (the
catalog's rules by which texts are made alike; SQuAD's where it is unset), THINKING (`keep`: blocks of thought are
scored too), SIZING (facts of the size: shard_samples, max_tokens, cost_limit), ENDPOINT (facts: serving, price,
registry), WEIGHTS (NAME@ALIAS that a sidecar serves), INDEX and CONTEXTS (the pipeline whose index a model answers
from, and how many documents it is given), MLFLOW, JUDGE, BASELINE, MAX_AGE_DAYS, MARGIN, FLOORS, MOST_FAILED and ACCEPT
(as compare.py reads them), and the run's (PROJECT, PIPELINE, RUN_ID, RUN_NAME, ARTIFACTS, OBJECTS).
What would keep the run from a verdict is said here, before anything is paid for. A registered model's version is found
here and kept (candidate.json): the alias may move while the run goes on.
Writes shards/<i>.jsonl and dataset.json under the run's folder. The shards go in lanes (LANES: the most
of them, by who serves) to one of three files of --out: lanes.json (it has an address), lanes-weights.json or
lanes-index.json (a sidecar); the others get an empty list. A model that answers from an index has lanes of both.
"""

import argparse
import codecs
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from evaluation import (
    baseline,
    calibration,
    contexts,
    dataset,
    decisions,
    endpoint,
    forecast,
    likelihood,
    metrics,
    normalisation,
    sample_checks,
)
from evaluation.normalisation import Normalisation
from runtime import candidate, fanout, log, objects, receipt, registry, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.samples import parse
from runtime.words import plural

SHARD_SAMPLES = 500
MOST_SHARDS = 1000
LISTS = {"address": "lanes.json", "weights": "lanes-weights.json", "index": "lanes-index.json"}


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where the lists of lanes are written")
    parser.add_argument("--least-rows", type=int, default=1, help="fewest samples that a score may be of")
    return parser.parse_args()


def pull(facts: dict[str, Any]) -> bytes:
    """Return the dataset's bytes.

    Raises:
        InputError: their digest is not the pinned one; both digests are shown.
    """
    data = objects.read(facts["uri"])
    digest = hashlib.sha256(data).hexdigest()
    if digest != facts["sha256"]:
        pins, otherwise = f"the catalog pins {facts['name']}", "publish a new version of the dataset and pin it"
        if facts["name"] == facts["uri"]:  # the project's own
            pins, otherwise = "decisions.yaml pins it", "pin what it holds now"
        raise InputError(
            f"{facts['uri']}: the dataset has changed: {pins} to sha256 {facts['sha256']}, but the file has sha256 "
            f"{digest}; restore the file, or {otherwise}"
        )
    return data


def samples(
    data: bytes, facts: dict[str, Any], wanted: dict[str, metrics.Metric], rules: Normalisation, least: int
) -> list[dict[str, Any]]:
    """Return the checked samples.

    Raises:
        InputError: there are fewer than `least`, one lacks what a metric reads, or they mix ways of asking or groups
            with none.
    """
    lines = (line.removeprefix(codecs.BOM_UTF8) for line in data.split(b"\n"))
    checked = list(parse(lines, facts["uri"]))
    if not checked:
        raise InputError(f"{facts['uri']}: no samples")
    if len(checked) < least:
        raise InputError(
            f"{facts['uri']}: {plural(len(checked), 'sample')}; a suite needs at least {least}, since a score of fewer "
            "says little: add samples, publish them as a new file and pin that"
        )
    ways = {way for sample in checked for way in dataset.ASKS if way in sample}
    if len(ways) > 1:
        raise InputError(
            f"{facts['uri']}: samples ask in different ways: {', '.join(sorted(ways))}; use one in all samples"
        )
    grouped = {"group" in sample for sample in checked}
    if len(grouped) > 1:
        raise InputError(f"{facts['uri']}: some samples have a group and some do not; give one to all or to none")
    if (
        any("tools" in sample for sample in checked)
        and (api := settings.facts("ENDPOINT").get("api", "chat")) != "chat"
    ):
        raise InputError(f"{facts['uri']}: its samples offer tools, which an endpoint with api {api!r} does not take")
    for sample in checked:
        sample_checks.check_sample(sample, wanted, facts["uri"])
        sample_checks.check_references(sample, wanted, facts["uri"], rules)
    sample_checks.check_choices(checked, wanted, facts["uri"], rules)
    return checked


def cut(checked: Sequence[dict[str, Any]], shard_samples: int, lists: int = 1) -> list[Sequence[dict[str, Any]]]:
    """Return the shards: at most a thousand in all lists together, whose nodes fit into a workflow's object."""
    size = max(shard_samples, -(-len(checked) // (MOST_SHARDS // lists)))
    return [checked[start : start + size] for start in range(0, len(checked), size)]


def scored_version(run: settings.Run, accept: str) -> str:
    """Find the version of the registered model that this run scores, keep it, and return its number.

    Args:
        run: this run.
        accept: the version that a person accepts; empty where none is.

    Returns:
        Empty where the endpoint has no registered model, or there is no registry.

    Raises:
        InputError: there is no such model or alias, or a person accepts another version.
    """
    served, mlflow = settings.facts("ENDPOINT"), os.environ.get("MLFLOW", "")
    facts: dict[str, Any] = served.get("registry") or {}
    model, _, alias = os.environ.get("WEIGHTS", "").partition("@")
    if served.get("serving") != "weights":
        model, alias = facts.get("model", ""), facts.get("candidate", "")
    if not (mlflow and model and (alias or "version" in facts)):
        return ""
    kept = candidate.read(run.root)  # an earlier try found it
    if kept is None and alias:
        version = registry.version_by_alias(mlflow, model, alias)
        kept = candidate.keep(run.root, model, str(version.version), str(version.source))
    elif kept is None:
        kept = candidate.keep(run.root, model, str(facts["version"]), "")
    number = str(kept["number"])
    if accept and accept != number:
        raise InputError(
            f"accept={accept}, but version {number} of {model} is scored; look at its scores, and start the run with "
            f"accept={number}; nothing was asked"
        )
    return number


def check_comparison(gate: decisions.Gate, fit: baseline.Fitness, base: dict[str, Any] | None) -> None:
    """Say before anything is paid for what the run cannot be compared with.

    Args:
        gate: what the suite decides of it.
        fit: how far the run can be compared with its baseline.
        base: the baseline's scorecard, or None.

    Raises:
        InputError: a person accepts a run whose baseline decides.
    """
    if gate.accept and base is not None and not fit.reason:
        raise InputError(
            f"accept={gate.accept}: there is a baseline {gate.baseline!r} (run {base['run']}), which decides; "
            "start without accept"
        )
    unheld = [name for name in fit.new if name not in gate.floors]
    if not gate.accept and (fit.unfit or unheld):
        why = fit.unfit or "; ".join(fit.new[name] for name in unheld)
        log.warning("no_comparison", f"{why}; the verdict can be inconclusive at best, until a person accepts a run")


def predicted(checked: Sequence[dict[str, Any]], base: dict[str, Any] | None, likelihoods: bool) -> dict[str, float]:
    """Return what the answers and their ratings will cost, from the baseline's usage; see forecast.py."""
    facts, judge = settings.facts("ENDPOINT"), settings.facts("JUDGE")
    if likelihoods:
        return {"model": forecast.of_likelihoods(checked, facts.get("price", {})), "judge": 0.0}
    answer = forecast.answer_tokens(base, endpoint.longest_answer(settings.sizing()))
    return {
        "model": forecast.of_model(checked, facts.get("price", {}), answer, forecast.given_tokens(base)),
        "judge": forecast.of_judge_model(checked, judge, answer),
    }


def load() -> None:
    """Run the step."""
    options = arguments()
    run, facts = settings.run(), dataset.pinned_facts()
    wanted = metrics.decided(settings.names("METRICS"))
    reads = {name: metric.reads for name, metric in wanted.items()}
    likelihoods = likelihood.check_endpoint(reads, settings.facts("ENDPOINT").get("api", ""))
    with receipt.part(run, "load") as part:
        checked = samples(pull(facts), facts, wanted, normalisation.read(), options.least_rows)
        gate = decisions.read(list(wanted))
        version = scored_version(run, gate.accept)
        base = baseline.read(baseline.folder(run, gate.baseline))
        rules = baseline.signatures(wanted, settings.facts("JUDGE"))
        fit = baseline.fitness(base, gate.baseline, facts, rules, gate.max_age_days)
        check_comparison(gate, fit, base)
        judged = [name for name, metric in wanted.items() if metric.reads == "judge"]
        if why := calibration.foretold(checked, judged, settings.facts("JUDGE").get("mode", "")):
            log.warning("judge_advisory", why)
        chosen = settings.facts("ENDPOINT").get("serving", "address")
        asked = {name for name in LISTS if name == chosen or (name == "index" and contexts.answers_from_index())}
        shards = cut(checked, int(settings.sizing().get("shard_samples", SHARD_SAMPLES)), len(asked))
        for number, shard in enumerate(shards):
            lines = b"".join(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE) for sample in shard)
            objects.write(dataset.shard_address(run.root, number), lines)
        manifest = {
            "name": facts["name"],
            "uri": facts["uri"],
            "sha256": facts["sha256"],
            "rows": len(checked),
            "groups": len({sample["group"] for sample in checked if "group" in sample}),
            "shards": len(shards),
            "ask": next(way for way in dataset.ASKS if way in checked[0]),
        }
        dataset.write_manifest(run.root, manifest)
        costs = predicted(checked, base, likelihoods)
        part.facts = {"rows": len(checked), "shards": len(shards), "dataset": facts["name"], "sha256": facts["sha256"],
                      "version": version, "not_compared": fit.reason, "predicted": costs}  # fmt: skip
    for serving, name in LISTS.items():
        most = int(settings.facts("LANES").get(serving, 1))
        lanes = fanout.lanes(len(shards), most) if serving in asked else []
        objects.write(str(options.out.absolute() / name), orjson.dumps(lanes))
    log.info("loaded", dataset=facts["name"], rows=len(checked), shards=len(shards), predicted_cost=costs)
    limit = settings.sizing().get("cost_limit")
    if limit is not None and costs["model"] > float(limit):
        log.warning(
            "cost", f"the answers may cost {costs['model']:.4g}, but the size allows {limit:g}: the run may stop early"
        )


if __name__ == "__main__":
    main("load", load)
