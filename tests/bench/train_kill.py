"""Measure the cost of a kill: training is killed with SIGKILL at random moments; count the steps that it repeats.

    "$(images/env.sh train test)"/bin/python tests/bench/train_kill.py [--kills N] [--seed N]

One run is killed again and again, each time at a random moment of what is left, and started anew; another is left
alone. Prints a line a kill: the last step done, the checkpoint it resumed from, and the steps lost against the interval
between checkpoints (the baseline: at most one interval is lost). Exits with 1 if more is lost, or if the losses or the
last weights differ from the run that was left alone.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "images" / "train"
sys.path[:0] = [str(PROGRAMS), str(PROGRAMS.parent), str(ROOT / "tests" / "demo")]

import base_model  # noqa: E402 - after the path
import dataset_packages  # noqa: E402
import orjson  # noqa: E402
from runtime import objects, receipt, settings  # noqa: E402
from trainer import checkpoint  # noqa: E402


def environment(folder: Path) -> dict[str, str]:
    """Write a dataset and a base model, and return the environment of a run on them."""
    rows = dataset_packages.rows(1200, "json", 17)
    data = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    place = folder / "objects" / "data" / "rows.jsonl"
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    tokenizer = base_model.make_tokenizer((text for row in rows for text in row.values()), 512)
    base_model.make_model(len(tokenizer), "small", 17, tokenizer.eos_token_id).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    sizing = {"sequence": 128, "global_batch_packs": 8, "micro_batch_packs": 8, "evaluations": 6}
    model = {"weights": str(folder / "base"), "learning_rates": {"full": 3e-3}}
    return {
        "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}",
        "PROJECT": "p", "PIPELINE": "q", "RUN_ID": "whole", "RUN_NAME": "q-1",
        "EPOCHS": "2", "OBJECTS": f"file://{folder}/objects", "ARTIFACTS": "s3://artifacts",
        "SIZING": orjson.dumps(sizing).decode(), "MODEL": orjson.dumps(model).decode(),
        "DATASET": f"s3://data/rows.jsonl@sha256:{hashlib.sha256(data).hexdigest()}",
    }  # fmt: skip


def program(*words: str) -> None:
    """Run a step program to its end."""
    subprocess.run([sys.executable, "-m", *words], check=True, stderr=subprocess.DEVNULL)


def killed(work: Path, seconds: float) -> list[dict[str, Any]]:
    """Return the events of a training that is killed so many seconds after it has begun to step, or that ended."""
    command = [sys.executable, "-m", "train", "--work", str(work), "--progress", "0"]
    with (work.parent / "stderr").open("w+b") as stderr:
        child = subprocess.Popen(command, stderr=stderr)
        while child.poll() is None and b'"event":"progress"' not in Path(stderr.name).read_bytes():
            time.sleep(0.01)
        end = time.monotonic() + seconds
        while child.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        child.kill()
        child.wait()
        lines = Path(stderr.name).read_bytes().splitlines()
    return [orjson.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]


def losses(root: str) -> list[float]:
    return [orjson.loads(line)["loss"] for line in objects.lines(f"{root}/train/loss.jsonl")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    flags = parser.parse_args()
    rng, worst = random.Random(flags.seed), 0
    print(f"seed {flags.seed}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(environment(folder))
        program("prepare")
        program("tokenize_dataset", "--evaluations", str(folder / "evaluations"))
        whole, started = settings.run().root, time.perf_counter()
        program("train", "--work", str(folder / "work"))
        seconds = (
            receipt.facts(settings.run(), "train")["tokens"]
            / receipt.facts(settings.run(), "train")["tokens_per_second"]
        )
        print(f"let alone: {len(losses(whole))} steps, {seconds:.1f} s of {time.perf_counter() - started:.1f} s")
        saved = checkpoint.steps(whole)
        interval = max(b - a for a, b in zip([0, *saved], saved, strict=False))
        os.environ["RUN_ID"] = "killed"
        program("prepare")
        program("tokenize_dataset", "--evaluations", str(folder / "evaluations"))
        root = settings.run().root
        for kill in range(flags.kills):
            events = killed(folder / "work", rng.uniform(0, seconds / 3))
            done = max((e["at"] for e in events if e["event"] == "progress"), default=0)
            at = checkpoint.resumable(root) or 0
            lost, worst = done - at, max(worst, done - at)
            print(f"kill {kill + 1}: step {done} done, goes on after {at}: {lost} lost, the interval is {interval}")
        program("train", "--work", str(folder / "work"))
        same = losses(root) == losses(whole)
        last = [checkpoint.read(each, saved[-1])["digest"] for each in (whole, root)]
    print(f"worst / interval: {worst / interval:.2f}; curve equal: {same}; weights equal: {last[0] == last[1]}")
    sys.exit(0 if worst <= interval and same and last[0] == last[1] else 1)


if __name__ == "__main__":
    main()
