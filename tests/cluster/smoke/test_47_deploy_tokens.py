"""Whose file of the deploy repository a project's token may write, and what a run says that has another's token."""

import json

from harness.docs import DOCUMENTS, write_documents
from harness.kube import Kube
from harness.organisation import Organisation
from harness.outside import Outside
from harness.probe import probe
from harness.runs import Runs

CHECK = "it knows the project by the token of the Secret `deploy`: check the token, and what it may do there"


def test_a_projects_token_writes_its_own_files_alone(kube: Kube, outside: Outside, docs: Runs) -> None:
    before = outside.log("deploy")
    foreign = ["rival/search.json", "docs-2/search.json", "docs/kustomization.yaml"]
    tries = [("push", "docs/probe.json", 1), *(("push", name, 1) for name in foreign)]
    declined = "the deploy repository declines the push: docs may write docs/<pipeline>.json alone, not"
    assert probe(kube, outside, "docs", tries) == [True, *(f"{declined} {name}; {CHECK}" for name in foreign)]
    assert outside.log("deploy") == ["a probe", *before], "the foreign ones left no trace"


def test_a_run_with_another_projects_token_fails_and_says_why(
    kube: Kube, outside: Outside, docs: Runs, organisation: Organisation
) -> None:
    about = {"name": "deploy", "namespace": "docs"}
    held = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": {"token": outside.token("rival")}}
    kube.apply(json.dumps(held))
    try:
        write_documents(outside, bees=DOCUMENTS["bees"] + " It shows the way by its angle to the sun.")
        name = docs.start()
        ended = docs.wait(name)
    finally:
        organisation.secrets("docs")
    assert ended["status"]["phase"] == "Failed"
    nodes = sorted(node for node in docs.nodes(ended) if node.startswith("publish"))
    assert nodes == ["publish", "publish(0)"], "a refusal is final, and is not tried again"
    expected = f"rival may write rival/<pipeline>.json alone, not docs/search.json; {CHECK}"
    (message,) = [message["text"] for message in outside.messages() if name in message["text"]]
    assert expected in message.replace("&lt;", "<").replace("&gt;", ">")
    asked_about(organisation, name, expected)
    assert docs.run()["verdicts"]["deployed"] is True, "its own token again"


def asked_about(organisation: Organisation, run: str, reason: str) -> None:
    """Ask as whoever is paged does: how it stands, which runs there were, what the step printed."""
    status, printed = organisation.asked("status", "--cluster", "docs/search")
    assert status == 1, printed
    assert f"docs/search: failed\n  last run   {run}, Failed: " in printed, printed
    assert "  step       publish(0), exit code 65" in printed, printed
    status, printed = organisation.asked("runs", "--cluster", "docs/search")
    assert (status, run in printed) == (0, True), printed
    status, printed = organisation.asked("logs", "--cluster", f"docs/{run}")
    assert (status, reason in printed) == (0, True), printed
