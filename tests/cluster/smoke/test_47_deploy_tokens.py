"""Whose file of the deploy repository a project's token may write."""

from harness.kube import Kube
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
