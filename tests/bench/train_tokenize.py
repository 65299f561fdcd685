"""Tokenizing a large dataset: rows/s, MB/s and the peak of memory, which must not grow with the dataset.

    "$(images/env.sh train test)"/bin/python tests/bench/train_tokenize.py [--megabytes 1000]

Writes rows of text, runs `python -m prepare` and `python -m tokenize_dataset` on them as processes, and prints for each
what it took. The baseline is the tokenizer alone on the first of the same rows, in memory, on the same cores: nothing
is read, packed or written. Ends with 1 where a program held more than a gigabyte.
"""

import argparse
import hashlib
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MOST = 1000.0  # MB that a program may hold, however large the dataset
ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "images" / "train"
sys.path[:0] = [str(PROGRAMS), str(PROGRAMS.parent), str(ROOT / "tests" / "demo")]

os.environ["TOKENIZERS_PARALLELISM"] = "true"  # for the baseline too

import base_model  # noqa: E402 - after the path
import orjson  # noqa: E402


def write(path: Path, megabytes: int) -> tuple[str, int]:
    """Write rows of English words from the standard library's own text and returns (SHA-256, rows)."""
    from pydoc_data.topics import topics

    words = " ".join(topics.values()).split()
    rng, digest, size, rows = random.Random(5), hashlib.sha256(), 0, 0
    with path.open("wb") as stream:
        while size < megabytes * 1_000_000:
            start = rng.randrange(len(words) - 200)
            line = orjson.dumps({"text": f"{rows} " + " ".join(words[start : start + rng.randint(40, 200)])}) + b"\n"
            stream.write(line)
            digest.update(line)
            size, rows = size + len(line), rows + 1
    return digest.hexdigest(), rows


def timed(program: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Return (seconds, peak resident MB) of a program."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", *program], env=environ, stderr=subprocess.DEVNULL)
    peak = 0.0
    while child.poll() is None:  # the kernel's own figure for an ended child would hold this process's share too
        status = Path(f"/proc/{child.pid}/status").read_text()
        high_water = [line for line in status.splitlines() if line.startswith("VmHWM")]
        peak = float(high_water[0].split()[1]) / 1024 if high_water else peak
        time.sleep(0.05)
    if child.returncode:
        raise SystemExit(f"{program[0]} ended with {child.returncode}")
    return time.perf_counter() - started, peak


def baseline(tokenizer: Any, sample: list[str]) -> float:
    """Return rows/s of the tokenizer alone, a thousand rows a call, as `datasets.map` would hand them over."""
    started = time.perf_counter()
    for at in range(0, len(sample), 1000):
        tokenizer(sample[at : at + 1000], return_attention_mask=False)
    return len(sample) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "objects" / "data" / "rows.jsonl"
        data.parent.mkdir(parents=True)
        digest, rows = write(data, flags.megabytes)
        with data.open("rb") as stream:
            sample = [orjson.loads(line)["text"] for line in itertools.islice(stream, 20_000)]
        tokenizer = base_model.make_tokenizer(iter(sample[:2000]), 8192)
        base_model.make_model(len(tokenizer), "small", 17, tokenizer.eos_token_id).save_pretrained(folder / "base")
        tokenizer.save_pretrained(folder / "base")
        environ = {
            **os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}", "PROJECT": "p", "PIPELINE": "q", "RUN_ID": "u",
            "RUN_NAME": "q-1",
            "OBJECTS": f"file://{folder}/objects", "ARTIFACTS": "s3://artifacts", "TMPDIR": str(folder),
            "DATASET": f"s3://data/rows.jsonl@sha256:{digest}", "SIZING": '{"sequence":1024}',
            "MODEL": orjson.dumps({"weights": str(folder / "base")}).decode(),
        }  # fmt: skip
        worst = 0.0
        for program in (["prepare"], ["tokenize_dataset", "--evaluations", str(folder / "evaluations")]):
            seconds, peak = timed(program, environ)
            worst = max(worst, peak)
            speed = f"{rows / seconds:10,.0f} rows/s {flags.megabytes / seconds:6.1f} MB/s"
            print(f"{program[0]:18} {speed}  peak {peak:6,.0f} MB  ({rows:,} rows, {flags.megabytes} MB)", flush=True)
        alone = baseline(tokenizer, sample)
    print(f"{'tokenizer alone':18} {alone:10,.0f} rows/s")
    print(f"tokenize_dataset / tokenizer alone: {rows / seconds / alone:.2f}")
    print(f"worst peak / the most that is allowed: {worst / MOST:.2f}")
    sys.exit(0 if worst <= MOST else 1)


if __name__ == "__main__":
    main()
