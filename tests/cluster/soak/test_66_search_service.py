"""A search service of the project `docs`: brought by a push, it answers before, during and after a switch."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness.docs import DECISIONS, DOCUMENTS, write_documents
from harness.kube import Kube
from harness.organisation import Organisation
from harness.outside import Outside
from harness.runs import Runs

URL = "http://search-search.docs.svc.cluster.local"
KEY = secrets.token_hex(8)
PROGRAM = """
import json, pathlib, time, urllib.error, urllib.request
url, key, stop = %r, %r, pathlib.Path("/tmp/stop-asking")
body = json.dumps({"queries": ["Why does the sea rise?", "What makes bread rise?"], "k": 2, "payload": True}).encode()
answers, stop_at = {}, time.monotonic() + 900
stop.unlink(missing_ok=True)
while not stop.exists() and time.monotonic() < stop_at:
    request = urllib.request.Request(url + "/search", body, {"Authorization": "Bearer " + key})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            answer = json.load(response)
            first = [each["hits"][0]["id"] for each in answer["results"]]
            found = "right" if first == ["tides", "bread"] else str(first)
            name = answer["index"] + " " + found
    except urllib.error.HTTPError as error:
        name = f"{error.code} {error.read().decode()}"
    except OSError as error:
        name = f"no answer: {error}"
    answers[name] = answers.get(name, 0) + 1
    time.sleep(0.05)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def served(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> Iterator[Runs]:
    """Decide a search service, merge it, and wait until it is ready."""
    write_documents(outside)
    docs.run()
    held = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "search", "namespace": "docs"}}
    kube.apply(json.dumps({**held, "stringData": {"people": KEY}}))
    kube("label", "namespace", "outside", "dac.dev/asks-docs=true", "--overwrite")
    organisation.edit("services", {"small": {"cpu": "100m", "cpu_limit": "1", "memory": "1Gi"}})
    decide(organisation, serve="small")
    organisation.push("Serve the index of docs to applications")
    kube.until("the Deployment of docs", lambda: kube.exists("-n", "docs", "deployment", "search-search"), 400)
    kube.until("both pods to be ready", lambda: ready(kube) == 2, 400)
    yield docs
    decide(organisation)
    organisation.push("Serve it no longer")
    kube.until("no Deployment", lambda: not kube.exists("-n", "docs", "deployment", "search-search"), 400)
    kube.until("no Service", lambda: not kube.exists("-n", "docs", "service", "search-search"), 60)


def decide(organisation: Organisation, **more: str) -> None:
    """Write the decisions of docs."""
    pipeline = {**DECISIONS["pipelines"]["search"], **more}
    organisation.decide("docs", {**DECISIONS, "pipelines": {"search": pipeline}})


def ready(kube: Kube) -> int:
    """Return how many pods of the service are ready."""
    return int(kube.get("-n", "docs", "deployment", "search-search")["status"].get("readyReplicas", 0))


def test_it_answers_before_during_and_after_a_switch(
    kube: Kube, outside: Outside, organisation: Organisation, served: Runs
) -> None:
    with ThreadPoolExecutor(1) as asking:
        seen = asking.submit(outside.python, PROGRAM % (URL, KEY))
        try:
            decide(organisation, serve="small", chunking="fine")
            organisation.push("Cut the documents finer: another index")
            kube.until("the pipeline to say so", lambda: chunking(kube) == "fine", 400)
            write_documents(outside, glass=DOCUMENTS["glass"] + " Stained glass has metal salts in it.")
            index = served.run()["results"]["index"]
            kube.until("the service to follow", lambda: live(outside) == f"search/{index}", 60)
            kube("-n", "docs", "rollout", "restart", "deployment/search-search")
            kube("-n", "docs", "rollout", "status", "deployment/search-search", "--timeout=300s")
        finally:
            outside.python("import pathlib; pathlib.Path('/tmp/stop-asking').touch()")
        answers: dict[str, int] = json.loads(seen.result(60))
    assert {name.partition(" ")[2] for name in answers} == {"right"}, answers
    assert len(answers) == 2, "the index before and the one after"


def test_who_has_no_key_is_refused(outside: Outside, served: Runs) -> None:
    program = """
import json, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(urllib.request.Request(%r, b'{"query": "bread"}'), timeout=20).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
    assert outside.python(program % f"{URL}/search").strip() == "401"


def chunking(kube: Kube) -> str:
    """Return the pipeline's chunking in the cluster."""
    spec: dict[str, Any] = kube.get("-n", "docs", "cronworkflow", "search")["spec"]["workflowSpec"]
    return next(each["value"] for each in spec["arguments"]["parameters"] if each["name"] == "chunking")


def live(outside: Outside) -> str:
    """Return the version that the service asks."""
    program = """
import json, urllib.request
request = urllib.request.Request(%r, headers={"Authorization": %r})
print(json.load(urllib.request.urlopen(request, timeout=20))["data"][0]["id"])
"""
    return outside.python(program % (f"{URL}/v1/models", f"Bearer {KEY}")).strip()
