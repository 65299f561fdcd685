"""Pulls the pinned dataset, checks it against its pin and its schema, and cuts it into shards.

    python -m load --out /work/out

Environment: DATASET (the catalog's facts: name, uri, sha256), METRICS (names, comma-separated), SIZING (facts of the
size: shard_samples, max_tokens, cost_limit), ENDPOINT (facts: serving, price), JUDGE and BASELINE (for the cost), and
the run's (PROJECT, PIPELINE, RUN_ID, RUN_NAME, ARTIFACTS, OBJECTS).
Writes shards/<i>.jsonl and dataset.json under the run's folder. The shards' numbers go as a JSON list to the file of
--out that says who serves the endpoint: shards.json (itself), shards-weights.json or shards-index.json (a server beside
the asking); the other two get an empty list.
"""

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import log
import orjson
import settings
import storage
from errors import WrongInput, main
from evaluation import comparison, dataset, forecast, metrics, receipt, scorecard

SHARD_SAMPLES = 500
MAX_TOKENS = 256  # infer's, where the size says nothing
MOST_SHARDS = 1000
LISTS = {"address": "shards.json", "weights": "shards-weights.json", "index": "shards-index.json"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where the lists of shard numbers are written")
    return parser.parse_args()


def pull(facts: dict[str, Any]) -> bytes:
    """Returns the dataset's bytes where they are those that the catalog pins.

    Raises:
        WrongInput: the bytes are others; both digests are shown.
    """
    data = storage.read(facts["uri"])
    found = hashlib.sha256(data).hexdigest()
    if found != facts["sha256"]:
        raise WrongInput(
            f"{facts['uri']}: the pin has moved: the catalog pins {facts['name']} to sha256 {facts['sha256']}, "
            f"and what lies there is {found}; restore the file, or publish a new version of the dataset and pin that"
        )
    return data


def samples(data: bytes, facts: dict[str, Any], wanted: dict[str, metrics.Metric]) -> list[dict[str, Any]]:
    """Returns the checked samples; each has what the metrics read, and all ask in the same way."""
    found = list(dataset.parse((line for line in data.splitlines() if line.strip()), facts["uri"]))
    if not found:
        raise WrongInput(f"{facts['uri']}: no samples")
    ways = {way for sample in found for way in dataset.ASKS if way in sample}
    if len(ways) > 1:
        raise WrongInput(f"{facts['uri']}: samples ask in different ways: {', '.join(sorted(ways))}; one is needed")
    grouped = {"group" in sample for sample in found}
    if len(grouped) > 1:
        raise WrongInput(f"{facts['uri']}: some samples have a group and some do not; all or none")
    for sample in found:
        metrics.check_sample(sample, wanted, facts["uri"])
    return found


def cut(found: Sequence[dict[str, Any]], shard_samples: int) -> list[Sequence[dict[str, Any]]]:
    """Returns the shards: at most a thousand, so that the list of their numbers fits into a workflow."""
    size = max(shard_samples, -(-len(found) // MOST_SHARDS))
    return [found[start : start + size] for start in range(0, len(found), size)]


def predicted(run: settings.Run, found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Returns what asking and judging will cost; see forecast.py."""
    folder = comparison.baseline_folder(run, os.environ.get("BASELINE") or "last-pass")
    base = scorecard.read(folder) if storage.exists(scorecard.address(folder)) else None
    facts, judge = settings.facts("ENDPOINT"), settings.facts("JUDGE")
    answer = forecast.answer_tokens(base, int(settings.sizing().get("max_tokens", MAX_TOKENS)))
    return {
        "model": forecast.of_model(found, facts.get("price", {}), answer),
        "judge": forecast.of_judge(found, judge, answer),
    }


def load() -> None:
    options = arguments()
    run = settings.run()
    facts = settings.facts("DATASET")
    wanted = metrics.chosen(settings.names("METRICS"))
    with receipt.part(run, "load") as part:
        found = samples(pull(facts), facts, wanted)
        shards = cut(found, int(settings.sizing().get("shard_samples", SHARD_SAMPLES)))
        for number, shard in enumerate(shards):
            lines = b"".join(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE) for sample in shard)
            storage.write(dataset.shard_address(run.root, number), lines)
        manifest = {
            "name": facts["name"],
            "uri": facts["uri"],
            "sha256": facts["sha256"],
            "rows": len(found),
            "groups": len({sample["group"] for sample in found if "group" in sample}),
            "shards": len(shards),
            "ask": next(way for way in dataset.ASKS if way in found[0]),
        }
        dataset.write_manifest(run.root, manifest)
        costs = predicted(run, found)
        part.facts = {"rows": len(found), "shards": len(shards), "dataset": facts["name"], "sha256": facts["sha256"],
                      "predicted": costs}  # fmt: skip
    chosen = settings.facts("ENDPOINT").get("serving", "address")
    for serving, name in LISTS.items():
        numbers = list(range(len(shards))) if serving == chosen else []
        storage.write(str(options.out.absolute() / name), orjson.dumps(numbers))
    log.info("loaded", dataset=facts["name"], rows=len(found), shards=len(shards), predicted_cost=costs)
    limit = settings.sizing().get("cost_limit")
    if limit is not None and costs["model"] > float(limit):
        log.warning(
            "cost", f"asking is expected to cost {costs['model']:.4g}, and the size allows {limit:g}: it may stop"
        )


if __name__ == "__main__":
    main(load)
