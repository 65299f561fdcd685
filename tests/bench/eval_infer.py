"""Requests a second of images/eval's infer, beside lm-eval-harness's API model, against one compiled stub.

    python3 tests/bench/eval_infer.py [--requests 10000] [--harness-python PYTHON]

The stub (Go) answers after 50 ms and has a core of its own; each client is held to one other core, so that the figures
are those of one pod with one CPU. infer runs as its container does, with every answer written down; the harness's
`generate_until` is run at several concurrencies and its best counts. The harness is not in any of our locks: without
--harness-python it is installed once, at a pinned version, in the cache. Prints both figures, their ratio, and infer's
peak memory.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "images/eval"
PORT = 8199
CONCURRENCIES = (64, 128, 256, 512)
OURS = 256
HARNESS_VERSION = "lm-eval[api]==0.4.13"
HARNESS = """
import sys, time, logging
logging.disable(logging.CRITICAL)
from lm_eval.api.instance import Instance
from lm_eval.models.openai_completions import LocalCompletionsAPI
count, concurrency = int(sys.argv[1]), int(sys.argv[2])
model = LocalCompletionsAPI(base_url=sys.argv[3] + "/v1/completions", model="stub", tokenizer_backend=None,
                            tokenized_requests=False, num_concurrent=concurrency, max_retries=3, batch_size=1)
how = {"until": ["\\n"], "max_gen_toks": 16}
asks = [Instance("generate_until", {}, (f"question number {n}, what is the answer?", how), n) for n in range(count)]
began = time.monotonic()
outputs = model.generate_until(asks, disable_tqdm=True)
assert len(outputs) == count
print("RATE", count / (time.monotonic() - began))
"""


def pinned(core: int) -> list[str]:
    return ["taskset", "-c", str(core)]


def asked() -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/asked", timeout=5) as response:
        return int(response.read())


def infer(folder: Path, python: str, count: int) -> tuple[float, float, float]:
    """Return requests a second by the step's own clock, requests a second of CPU, and the peak memory in MiB.

    Of a machine that is busy with other work, the second tells more; it counts the start of Python too.
    """
    lines = b"".join(
        json.dumps({"id": f"q{n}", "prompt": f"question number {n}, what is the answer?", "references": ["x"]}).encode()
        + b"\n"
        for n in range(count)
    )
    root = folder / "objects/bench/bench/infer/runs/uid"
    (root / "shards").mkdir(parents=True, exist_ok=True)
    (root / "shards/0.jsonl").write_bytes(lines)
    manifest = {"version": 1, "name": "bench@v1", "uri": "s3://bench/x", "sha256": hashlib.sha256(lines).hexdigest(),
                "rows": count, "groups": 0, "shards": 1, "ask": "prompt"}  # fmt: skip
    (root / "dataset.json").write_text(json.dumps(manifest))
    facts = {"name": "stub", "api": "completions", "model": "stub", "concurrency": OURS}
    environ = os.environ | {
        "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}",
        "PROJECT": "bench", "PIPELINE": "infer", "RUN_ID": "uid", "RUN_NAME": "bench",
        "ARTIFACTS": "s3://bench", "OBJECTS": f"file://{folder}/objects", "ENDPOINT": json.dumps(facts),
        "ENDPOINT_URL": f"http://127.0.0.1:{PORT}", "SIZING": '{"max_tokens": 16}',
    }  # fmt: skip
    before = asked()
    with (folder / "infer.log").open("wb") as log:
        process = subprocess.Popen([*pinned(1), python, "-m", "infer", "--shard", "0"], env=environ, stderr=log)
        _, status, used = os.wait4(process.pid, 0)  # of this process alone: the compiler's peak is none of ours
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or asked() - before != count:
        log = (folder / "infer.log").read_text()
        raise SystemExit(f"infer asked {asked() - before} times for {count} samples:\n{log}")
    part = json.loads((root / "steps/infer-0.json").read_text())
    return count / part["seconds"], count / (used.ru_utime + used.ru_stime), used.ru_maxrss / 1024


def harness(python: str, count: int, concurrency: int) -> float:
    """Return the harness's requests a second at a concurrency, from around its generate_until."""
    command = [*pinned(1), python, "-c", HARNESS, str(count), str(concurrency), f"http://127.0.0.1:{PORT}"]
    environ = os.environ | {"HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    rate_line = re.search(r"RATE ([\d.]+)", done.stdout)
    if not rate_line:
        raise SystemExit(f"the harness failed:\n{done.stderr[-3000:]}")
    return float(rate_line.group(1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--harness-python", help="a Python that has lm-eval[api]; `none` leaves the harness out")
    options = parser.parse_args()
    python = subprocess.check_output([ROOT / "images/env.sh", "eval"], text=True).strip() + "/bin/python"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["go", "build", "-o", folder / "stub", ROOT / "tests/bench/eval_stub/main.go"], check=True)
        other = options.harness_python or installed()
        stub = subprocess.Popen(
            [*pinned(0), folder / "stub", "-address", f"127.0.0.1:{PORT}"], env=os.environ | {"GOMAXPROCS": "1"}
        )
        try:
            time.sleep(1)
            rate, busy, peak = infer(folder, python, options.requests)
            print(f"infer: {rate:,.0f} requests/s at up to {OURS} at once on one core, {busy:,.0f} a second of CPU")
            print(f"infer: peak {peak:,.0f} MiB")
            if other == "none":
                return
            rates = {n: harness(other, min(options.requests, 4000), n) for n in CONCURRENCIES}
            best = max(rates, key=lambda n: rates[n])
            tried = ", ".join(f"{n}: {value:,.0f}" for n, value in rates.items())
            print(f"lm-eval-harness: {rates[best]:,.0f} requests/s at its best ({tried})")
            print(f"ratio: {rate / rates[best]:.2f}")
        finally:
            stub.terminate()
            stub.wait(10)


def installed() -> str:
    """Return the Python of an environment that holds the harness, made once, beside what the images' own are."""
    cache = Path(
        os.environ.get("DAC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dac"
    )
    place = cache / "bench" / HARNESS_VERSION.replace("[api]==", "-")
    if not (place / "done").is_file():
        print(f"installing {HARNESS_VERSION} (once)", file=sys.stderr)
        uv = shutil.which("uv") or max(map(str, cache.glob("uv-*/bin/uv")), default="")
        if not uv:
            raise SystemExit("uv is missing; run: make setup")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, place], check=True)
        lock = (PROGRAMS / "requirements-test.txt").read_text()
        # The versions that the image's tests lock, so that nothing this large is fetched twice.
        needs = [f"{name}=={re.search(rf'^{name}==([^ ;]+)', lock, re.M)[1]}" for name in ("torch", "transformers")]
        command = [uv, "pip", "install", "-q", "--python", place / "bin/python", HARNESS_VERSION, *needs]
        subprocess.run(command, check=True)
        (place / "done").touch()
    return str(place / "bin/python")


if __name__ == "__main__":
    main()
