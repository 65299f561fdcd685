"""Who may write a verdict to a registered model and move its alias: policy, API server and program say the same.

Project `docs` is listed for the model `docs-assistant`; project `rival`, of the same team, is not. The tests are steps
of one story, in order.
"""

import hashlib
import json
from collections.abc import Iterator

import pytest
from harness.denial import cron, refusal
from harness.docs import DECISIONS, lines
from harness.kube import Kube
from harness.organisation import Organisation
from harness.outside import Outside
from harness.runs import Runs

MODEL = "docs-assistant"
SUITE = {
    "standard": "eval-suite@v1",
    "endpoint": MODEL,
    "dataset": "questions@v1",
    "metrics": ["exact_match"],
    "gate": {"margin": 0.3},
    "size": "small",
    "notify": "#docs",
}
ROWS = [{"id": str(n), "prompt": f"Say the word answer-{n}", "references": [f"answer-{n}"]} for n in range(60)]
VERSION = {"source": "s3://dac-artifacts/models/1", "tags": {}}
REFUSED = f"the pipeline rival/answers may not annotate the registered model {MODEL}, whose alias it would move"


@pytest.fixture(scope="module")
def answers(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> Iterator[Runs]:
    """Bring the pipeline of `docs` that evaluates the model, which has a candidate and no champion yet."""
    data = lines(ROWS)
    outside.put({"docs/questions.jsonl": data})
    outside.registry({MODEL: {"versions": {"1": VERSION}, "aliases": {"candidate": "1"}}})
    digest = hashlib.sha256(data.encode()).hexdigest()
    facts = {"uri": "s3://docs/questions.jsonl", "sha256": digest, "rows": len(ROWS), "groups": 0, "disagreement": 0.2}
    organisation.edit("datasets", {"questions@v1": {"summary": "words to be said again", **facts}})
    organisation.edit("registered_models", {MODEL: {"annotate": ["docs/answers"]}})
    organisation.decide("docs", {**DECISIONS, "pipelines": {**DECISIONS["pipelines"], "answers": SUITE}})
    organisation.push("Evaluate what answers questions")
    organisation.secrets("docs")
    kube.until("the CronWorkflow", lambda: kube.exists("-n", "docs", "cronworkflow", "answers"), 400)
    yield Runs(kube, outside, "docs", "answers")
    organisation.decide("docs", DECISIONS)
    organisation.push("Evaluate no more")


def test_a_first_run_moves_no_alias(answers: Runs, outside: Outside) -> None:
    """It has nothing to compare the model with: whatever the scores are, only a person can accept them."""
    name = answers.start()
    ended = answers.wait(name)
    assert answers.receipt(name)["verdicts"]["gate"] == "inconclusive", answers.why(ended)
    model = outside.registry()[MODEL]
    assert model["aliases"] == {"candidate": "1"}
    assert model["versions"]["1"]["tags"]["dac.eval.docs.answers.verdict"] == "inconclusive"


def test_a_person_accepts_the_first_version(answers: Runs, outside: Outside) -> None:
    ended = answers.wait(answers.start(accept="1"))
    assert ended["status"]["phase"] == "Succeeded", answers.why(ended)
    model = outside.registry()[MODEL]
    assert model["aliases"] == {"candidate": "1", "champion": "1"}
    assert model["versions"]["1"]["tags"]["dac.eval.docs.answers.verdict"] == "pass"


def test_policy_refuses_a_pipeline_that_is_not_listed(answers: Runs, organisation: Organisation) -> None:
    organisation.decide("rival", {"owner": "team-docs", "pipelines": {"answers": SUITE}})
    assert "[registered_model.annotate]" in organisation.findings("rival")
    assert "[registered_model." not in organisation.findings("docs")


def test_the_api_server_refuses_it_too(kube: Kube, answers: Runs, organisation: Organisation) -> None:
    """Merged all the same, it reaches no namespace: neither by Argo CD nor by an administrator's hand."""
    organisation.push("Merge it without asking policy")
    kube.until("Argo CD to be refused", lambda: REFUSED in operation(kube, "rival-pipelines"), 400)
    assert not kube.exists("-n", "rival", "cronworkflow", "answers")
    own = cron(kube.get("-n", "docs", "cronworkflow", "answers")["spec"])
    own["metadata"] = {"name": "answers", "namespace": "rival"}
    assert REFUSED in refusal(kube, (), own)


def test_a_run_that_is_no_longer_entitled_writes_nothing(
    kube: Kube, answers: Runs, outside: Outside, organisation: Organisation
) -> None:
    """The pipeline came while it was listed; once it is taken off the list, its own program refuses to write."""
    organisation.edit("registered_models", {MODEL: {"annotate": ["docs/answers", "rival/answers"]}})
    organisation.push("List the rival")
    kube.until("its CronWorkflow", lambda: kube.exists("-n", "rival", "cronworkflow", "answers"), 600)
    organisation.secrets("rival")
    organisation.edit("registered_models", {MODEL: {"annotate": ["docs/answers"]}})
    organisation.push("Take the rival off the list")
    kube.until("its ConfigMap to say so", lambda: "rival/answers" not in listed(kube), 400)
    before = outside.registry()
    rival = Runs(kube, outside, "rival", "answers")
    name = rival.start(accept="1")
    ended = rival.wait(name)
    nodes = rival.nodes(ended)
    assert (ended["status"]["phase"], nodes["annotate"]) == ("Failed", "Failed"), rival.why(ended)
    assert nodes["compare"] == "Succeeded", "it passed, so that it would have moved the alias"
    assert "annotate(1)" not in nodes, "it is final, and is not tried again"
    assert outside.registry() == before
    (text,) = [message["text"] for message in outside.messages() if name in message["text"]]
    assert f"rival/answers may not annotate the registered model '{MODEL}'" in text
    organisation.remove("rival")


def operation(kube: Kube, application: str) -> str:
    """Return what an application's last sync says of its objects."""
    state = kube.get("-n", "argocd", "application", application).get("status", {}).get("operationState", {})
    return json.dumps(state)


def listed(kube: Kube) -> str:
    """Return what the rival's pods read of who may change which model."""
    return str(kube.get("-n", "rival", "configmap", "catalog-registered-models")["data"]["all"])
