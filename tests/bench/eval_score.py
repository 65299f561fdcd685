"""Time and memory of images/eval's score over 100,000 samples with BLEU, F1 and exact match, intervals included.

    python3 tests/bench/eval_score.py [--samples 100000]

The baseline is what cannot be saved: sacrebleu's own corpus_score over the same texts, in the same environment, without
intervals, F1, reading or writing. Prints wall and CPU seconds, their ratio to the baseline's, and score's peak memory.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "images/eval"
WORDS = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "nu", "pe", "ro", "sa", "ti") for b in ("", "n", "r", "st", "ing", "ed", "ly")
]
SHARD = 2000
RUN = "objects/bench/bench/score/runs/uid"
BASELINE = """
import json, sys
from sacrebleu.metrics import BLEU
rows = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
print(BLEU().corpus_score([row["answer"] for row in rows], [[row["reference"] for row in rows]]).score)
"""


def write(folder: Path, samples: int) -> list[Path]:
    """Write a dataset and its answers, twenty words each, and return the baseline's files."""
    chance, root, files = random.Random(0), folder / RUN, []
    for shard in range(-(-samples // SHARD)):
        asks, answers, both = [], [], []
        for n in range(shard * SHARD, min(samples, (shard + 1) * SHARD)):
            reference = chance.choices(WORDS, k=20)
            answer = " ".join(word if chance.random() < 0.8 else chance.choice(WORDS) for word in reference)
            asks.append({"id": f"q{n}", "prompt": f"say {n}", "references": [" ".join(reference)]})
            answers.append({"version": 1, "id": f"q{n}", "text": answer})
            both.append({"answer": answer, "reference": " ".join(reference)})
        for path, rows in ((root / f"shards/{shard}.jsonl", asks), (root / f"answers/{shard}/00000.jsonl", answers),
                           (folder / f"plain/{shard}.jsonl", both)):  # fmt: skip
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files.append(folder / f"plain/{shard}.jsonl")
    manifest = {"version": 1, "name": "bench@v1", "uri": "s3://bench/x", "sha256": hashlib.sha256(b"").hexdigest(),
                "rows": samples, "groups": 0, "shards": len(files), "ask": "prompt"}  # fmt: skip
    (root / "dataset.json").write_text(json.dumps(manifest))
    return files


def timed(command: list[str], **environ: str) -> tuple[float, float, float, str]:
    """Return wall seconds, CPU seconds, peak MiB and output of a command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stderr[-3000:]}")
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    options = parser.parse_args()
    python = subprocess.check_output([ROOT / "images/env.sh", "eval"], text=True).strip() + "/bin/python"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write(folder, options.samples)
        wall, cpu, peak, _ = timed(
            [python, "-m", "score"], PYTHONPATH=f"{PROGRAMS}:{PROGRAMS.parent}",
            PROJECT="bench", PIPELINE="score", RUN_ID="uid",
            RUN_NAME="bench", ARTIFACTS="s3://bench", OBJECTS=f"file://{folder}/objects",
            METRICS="exact_match,token_f1,bleu", ENDPOINT='{"name": "stub"}',
        )  # fmt: skip
        card = json.loads((folder / RUN / "scorecard.json").read_text())
        base_wall, base_cpu, _, base_bleu = timed([python, "-c", BASELINE, *map(str, files)])
        if abs(card["metrics"]["bleu"]["value"] * 100 - float(base_bleu)) > 1e-9:
            raise SystemExit(f"score says BLEU {card['metrics']['bleu']['value'] * 100}, sacrebleu {base_bleu}")
        print(f"score: {options.samples:,} samples in {wall:.1f} s, {cpu:.1f} s of CPU, peak {peak:,.0f} MiB")
        print(f"sacrebleu alone: {base_wall:.1f} s, {base_cpu:.1f} s of CPU; ratio of CPU {cpu / base_cpu:.2f}")


if __name__ == "__main__":
    main()
