"""The cluster is lost, its etcd and the vector store with it: Git and the object store alone bring the answers back."""

import base64
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, reference
from harness.kube import Kube, say
from harness.organisation import Organisation
from harness.outside import Outside
from harness.runs import Runs
from harness.serving import serve

SAVE = """
import base64, io, json, sys, s3fs
fs = s3fs.S3FileSystem()
keys = [key for bucket in ('docs', 'dac-artifacts', 'dac-workflows') for key in fs.find(bucket)]
print(json.dumps({key: base64.b64encode(fs.cat_file(key)).decode() for key in keys}))
"""
RESTORE = """
import base64, json, sys, s3fs
fs = s3fs.S3FileSystem()
for key, data in json.load(sys.stdin).items(): fs.pipe_file(key, base64.b64decode(data))
"""


def local(command: str) -> None:
    """Start or end the local cluster."""
    done = subprocess.run([sys.executable, HERE / "local", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def points(outside: Outside, alias: str) -> dict[str, Any]:
    """Return what readers find behind an alias: a point's id -> its payload and its vector."""
    address = f"{outside.weaviate}/v1/objects?limit=1000&include=vector&class={outside.aliases()[alias]}"
    program = f"import urllib.request as u; print(u.urlopen({address!r}).read().decode())"
    stored = json.loads(outside.python(program))["objects"]
    return {each["id"]: (each["properties"]["payload"], *each["vectors"].values()) for each in stored}


def nearest(held: dict[str, Any], question: str) -> list[str]:
    """Return the points nearest to one of them, by their vectors."""
    asked = held[question][1]
    return sorted(held, key=lambda point: -sum(a * b for a, b in zip(asked, held[point][1], strict=True)))


def test_an_empty_cluster_comes_back_with_the_same_answers(
    kube: Kube, outside: Outside, organisation: Organisation, docs: Runs, tmp_path: Path
) -> None:
    if not kube.is_local:
        pytest.skip("the cluster is somebody else's: it is not lost for a test")
    served = docs.run()
    before, kept = points(outside, docs.alias), outside.python(SAVE)
    sizes = [len(base64.b64decode(data)) for data in json.loads(kept).values()]
    say("%d objects are kept, %d bytes; all else goes", len(sizes), sum(sizes))
    local("down")
    began = time.monotonic()
    local("up")
    at = {"an empty cluster": time.monotonic() - began}
    assert not kube.exists("namespace", "docs")
    # The object store and Git, which are pods here, with what was kept; new keys, as a secret store would give.
    outside.image, outside.eval_image = reference("rag"), reference("eval")
    outside.accounts.clear()
    outside.deploy_tokens.clear()
    outside.start()
    outside.python(RESTORE, stdin=kept)
    assert outside.aliases() == {}, "the vector store is empty"
    organisation.find_services()
    organisation.push("Say where the services are now")
    serve(kube, organisation, tmp_path / "deploy")
    at["the services outside"] = time.monotonic() - began
    organisation.bootstrap()
    kube.until("the namespace of docs", lambda: kube.exists("namespace", "docs"), 400)
    organisation.secrets("docs")
    kube.until("the CronWorkflow of docs", lambda: kube.exists("-n", "docs", "cronworkflow", "search"), 400)
    at["the platform and its projects"] = time.monotonic() - began
    receipt = docs.run()
    at["the index"] = time.monotonic() - began
    say("after the loss: %s", ", ".join(f"{what} at {seconds:.0f} s" for what, seconds in at.items()))
    assert receipt["counts"]["repaired"] == receipt["counts"]["documents"], "the ledger says what the store lost"
    assert receipt["verdicts"]["canaries"] == "passed"
    assert receipt["results"]["index"] == served["results"]["index"]
    after = points(outside, docs.alias)
    assert {point: payload for point, (payload, _) in after.items()} == {
        p: payload for p, (payload, _) in before.items()
    }
    assert [nearest(after, point) for point in after] == [nearest(before, point) for point in after], "the same answers"
