"""Pulls the pinned dataset, checks it against its pin and its schema, and cuts it into shards.

    python -m load --shards /work/out/shards.json --count /work/out/count

Environment: DATASET (the catalog's facts: name, uri, sha256), METRICS (names, comma-separated), SIZING (facts of the
size: shard_samples), and the run's (PROJECT, PIPELINE, RUN_ID, RUN_NAME, ARTIFACTS, OBJECTS).
Writes shards/<i>.jsonl and dataset.json under the run's folder, the shards' numbers as a JSON list, and their count.
"""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dataset
import log
import metrics
import orjson
import receipt
import settings
import storage
from errors import WrongInput, main

SHARD_SAMPLES = 500
MOST_SHARDS = 1000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=Path, required=True, help="where the list of shard numbers is written")
    parser.add_argument("--count", type=Path, required=True, help="where the number of shards is written")
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
        part.facts = {"rows": len(found), "shards": len(shards), "dataset": facts["name"], "sha256": facts["sha256"]}
    storage.write(str(options.shards.absolute()), orjson.dumps(list(range(len(shards)))))
    storage.write(str(options.count.absolute()), str(len(shards)).encode())
    log.info("loaded", dataset=facts["name"], rows=len(found), shards=len(shards))


if __name__ == "__main__":
    main(load)
