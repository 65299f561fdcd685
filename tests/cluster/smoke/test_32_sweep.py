"""The platform's sweeper, which its own schedule would start, over what the runs before have left.

It stands before the tests that take pipelines away: where most are gone, it rightly believes nothing.
"""

import json

from harness.kube import Kube
from harness.outside import Outside
from harness.runs import Runs

SWEEPER = "dac-platform"


def test_it_asks_the_cluster_and_finds_nothing_due(kube: Kube, outside: Outside, docs: Runs) -> None:
    """All is a few minutes old, and what it has no business with is not in its list."""
    pair = f"aws_access_key_id = {outside.key}\naws_secret_access_key = {outside.secret}\n"
    key = {"credentials": f"[default]\n{pair}region = us-east-1\n"}
    key |= {"accesskey": outside.key, "secretkey": outside.secret}
    about = {"name": "objects", "namespace": SWEEPER}
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": key}))
    sweep = {"generateName": "sweep-", "namespace": SWEEPER}
    run = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": sweep}
    run["spec"] = {"workflowTemplateRef": {"name": "sweep"}}
    name = kube("create", "-f", "-", "-o", "name", stdin=json.dumps(run)).strip().rpartition("/")[2]
    runs = Runs(kube, outside, SWEEPER, "sweep")
    ended = runs.wait(name)
    assert ended["status"]["phase"] == "Succeeded", runs.why(ended)
    receipt = json.loads(outside.read(f"dac-artifacts/_sweep/receipts/{name}.json"))
    assert (receipt["state"], receipt["dry_run"], receipt["unread"]) == ("done", True, [])
    kept = {(item["project"], item["pipeline"]) for item in receipt["items"] if item["outcome"] == "kept"}
    assert ("docs", "search") in kept
    assert [item["address"] for item in receipt["items"] if item["outcome"] != "kept"] == []
