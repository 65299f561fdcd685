"""Read the pinned dataset, check it against its digest and its schema, and cut it into shards.

    python -m load --out /work/out

Environment: DATASET (the catalog's facts: name, uri, sha256), METRICS (names, comma-separated), SIZING (facts of the
size: shard_samples, max_tokens, cost_limit), ENDPOINT (facts: serving, price), JUDGE and BASELINE (for the cost), and
the run's (PROJECT, PIPELINE, RUN_ID, RUN_NAME, ARTIFACTS, OBJECTS).
Writes shards/<i>.jsonl and dataset.json under the run's folder. The shards' numbers go as a JSON list to one of three
files of --out, by who serves the endpoint: shards.json (it has an address), shards-weights.json or shards-index.json (a
sidecar); the other two files get an empty list.
"""

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from evaluation import comparison, dataset, forecast, metrics, scorecard
from runtime import log, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import main

SHARD_SAMPLES = 500
MAX_TOKENS = 256  # infer's, where the size says nothing
MOST_SHARDS = 1000
LISTS = {"address": "shards.json", "weights": "shards-weights.json", "index": "shards-index.json"}


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where the lists of shard numbers are written")
    return parser.parse_args()


def pull(facts: dict[str, Any]) -> bytes:
    """Return the dataset's bytes.

    Raises:
        InputError: their digest is not the one that the catalog pins; both digests are shown.
    """
    data = objects.read(facts["uri"])
    digest = hashlib.sha256(data).hexdigest()
    if digest != facts["sha256"]:
        raise InputError(
            f"{facts['uri']}: the dataset has changed: the catalog pins {facts['name']} to sha256 {facts['sha256']}, "
            f"but the file has sha256 {digest}; restore the file, or publish a new version of the dataset and pin it"
        )
    return data


def samples(data: bytes, facts: dict[str, Any], wanted: dict[str, metrics.Metric]) -> list[dict[str, Any]]:
    """Return the checked samples.

    Raises:
        InputError: there is no sample, one lacks what a metric reads, or they mix ways of asking or groups with none.
    """
    checked = list(dataset.parse((line for line in data.splitlines() if line.strip()), facts["uri"]))
    if not checked:
        raise InputError(f"{facts['uri']}: no samples")
    ways = {way for sample in checked for way in dataset.ASKS if way in sample}
    if len(ways) > 1:
        raise InputError(
            f"{facts['uri']}: samples ask in different ways: {', '.join(sorted(ways))}; use one in all samples"
        )
    grouped = {"group" in sample for sample in checked}
    if len(grouped) > 1:
        raise InputError(f"{facts['uri']}: some samples have a group and some do not; give one to all or to none")
    for sample in checked:
        metrics.check_sample(sample, wanted, facts["uri"])
    return checked


def cut(checked: Sequence[dict[str, Any]], shard_samples: int) -> list[Sequence[dict[str, Any]]]:
    """Return the shards: at most a thousand, so that the list of their numbers fits into a workflow."""
    size = max(shard_samples, -(-len(checked) // MOST_SHARDS))
    return [checked[start : start + size] for start in range(0, len(checked), size)]


def predicted(run: settings.Run, checked: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return what the answers and their ratings will cost; see forecast.py."""
    folder = comparison.baseline_folder(run, os.environ.get("BASELINE") or "last-pass")
    base = scorecard.read(folder) if objects.exists(scorecard.address(folder)) else None
    facts, judge = settings.facts("ENDPOINT"), settings.facts("JUDGE")
    answer = forecast.answer_tokens(base, int(settings.sizing().get("max_tokens", MAX_TOKENS)))
    return {
        "model": forecast.of_model(checked, facts.get("price", {}), answer),
        "judge": forecast.of_judge_model(checked, judge, answer),
    }


def load() -> None:
    """Run the step."""
    options = arguments()
    run = settings.run()
    facts = settings.facts("DATASET")
    wanted = metrics.chosen(settings.names("METRICS"))
    with receipt.part(run, "load") as part:
        checked = samples(pull(facts), facts, wanted)
        shards = cut(checked, int(settings.sizing().get("shard_samples", SHARD_SAMPLES)))
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
        costs = predicted(run, checked)
        part.facts = {"rows": len(checked), "shards": len(shards), "dataset": facts["name"], "sha256": facts["sha256"],
                      "predicted": costs}  # fmt: skip
    chosen = settings.facts("ENDPOINT").get("serving", "address")
    for serving, name in LISTS.items():
        numbers = list(range(len(shards))) if serving == chosen else []
        objects.write(str(options.out.absolute() / name), orjson.dumps(numbers))
    log.info("loaded", dataset=facts["name"], rows=len(checked), shards=len(shards), predicted_cost=costs)
    limit = settings.sizing().get("cost_limit")
    if limit is not None and costs["model"] > float(limit):
        log.warning(
            "cost", f"the answers may cost {costs['model']:.4g}, but the size allows {limit:g}: the run may stop early"
        )


if __name__ == "__main__":
    main("load", load)
