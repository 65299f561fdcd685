"""A change of a standard reaches the canary first, then everybody; one revert takes it back, with a run in flight."""

from typing import Any

import pytest
from harness.docs import DECISIONS
from harness.kube import Kube
from harness.organisation import Organisation
from harness.outside import Outside
from harness.runs import Runs

STABLE, CANARY = "rag-indexing-v1", "rag-indexing-v1-canary"


def content(kube: Kube, template: str) -> str:
    """Return the content hash of a template in the cluster. Raises Refused."""
    return kube.get("clusterworkflowtemplate", template)["metadata"]["annotations"]["dac.dev/content"]


def released(organisation: Organisation) -> tuple[int, str]:
    """Try to release what is merged; return the exit status and what is printed."""
    with organisation.running("release", "--cluster") as following:
        status, lines = following.ended()
    return status, following.printed + "\n".join(lines)


@pytest.fixture(scope="module")
def early(kube: Kube, outside: Outside, organisation: Organisation, docs: Runs) -> Runs:
    """Project `early`, the canary; all others stay on the commit before it was one."""
    commit = organisation.git("rev-parse", "HEAD").strip()
    organisation.decide("early", DECISIONS)
    organisation.edit("platform", {"waves": {"canaries": ["early"], "released": commit}})
    organisation.push("Add the project early, which goes ahead")
    kube.until("the namespace of early", lambda: kube.exists("namespace", "early"), 400)
    organisation.secrets("early")

    def refers() -> bool:
        cron = kube.get("-n", "early", "cronworkflow", "search")
        return cron["spec"]["workflowSpec"]["workflowTemplateRef"]["name"] == CANARY

    kube.until("the canary's pipeline", lambda: kube.exists("-n", "early", "cronworkflow", "search"), 400)
    kube.until("it to refer to a template of its own", refers, 400)
    kube.until("that template", lambda: kube.exists("clusterworkflowtemplate", CANARY), 400)
    return Runs(kube, outside, "early", "search")


def test_a_change_reaches_the_canary_alone(kube: Kube, organisation: Organisation, docs: Runs, early: Runs) -> None:
    before = content(kube, STABLE)
    assert content(kube, CANARY) == before, "they differ by their names alone"
    organisation.edit("sizes", {"small": {"settings": {"rag-indexing": {"max_loss": 0.25}}}})
    touched = organisation.git(
        "show", "--name-only", "--format=", organisation.push("Let small runs lose more")
    ).split()
    assert not [name for name in touched if name.startswith("projects/")], "no project changed"
    kube.until("the canary's template to follow", lambda: content(kube, CANARY) != before, 400)
    status, printed = released(organisation)
    assert (status, "early/search\twaits\t" in printed) == (1, True), printed
    assert content(kube, STABLE) == before


def test_once_the_canary_has_succeeded_it_goes_on(
    kube: Kube, organisation: Organisation, docs: Runs, early: Runs
) -> None:
    assert early.run()["template_content"] == content(kube, CANARY)
    status, printed = released(organisation)
    assert (status, "early/search\tsucceeded\t" in printed) == (0, True), printed
    organisation.push("Release it to everybody")
    kube.until("the template of all others to follow", lambda: content(kube, STABLE) == content(kube, CANARY), 400)


def test_one_revert_takes_it_back_and_a_run_in_flight_ends_as_it_began(
    kube: Kube, organisation: Organisation, docs: Runs, early: Runs
) -> None:
    new = content(kube, STABLE)
    with docs.without_pods():
        run = docs.start()
        kube.until("the run to have its template", lambda: stored(docs.object(run)), 60)
        organisation.revert()
        kube.until("the template to go back", lambda: content(kube, STABLE) != new, 400)
        assert content(kube, CANARY) == new, "the canary keeps the change"
    ended = docs.wait(run)
    assert ended["status"]["phase"] == "Succeeded", docs.why(ended)
    assert docs.receipt(run)["template_content"] == new


def test_without_canaries_everybody_follows_the_branch(kube: Kube, organisation: Organisation, early: Runs) -> None:
    organisation.edit("platform", {"waves": {"canaries": [], "released": ""}})
    organisation.push("No more waves")
    new = content(kube, CANARY)
    kube.until("the template to follow the branch", lambda: content(kube, STABLE) == new, 400)
    organisation.remove("early")


def stored(workflow: dict[str, Any]) -> bool:
    """Whether a run has the specification with which it goes on, whatever becomes of the template."""
    return bool(workflow.get("status", {}).get("storedWorkflowTemplateSpec"))
