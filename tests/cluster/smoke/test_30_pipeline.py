"""From git push to a searchable index, and what later pushes do to it. The tests are steps of one story, in order."""

import json
from typing import Any

from harness.docs import DECISIONS, DOCUMENTS, write_documents
from harness.kube import Kube
from harness.organisation import AUTHOR, Organisation
from harness.outside import Outside
from harness.runs import DONE, Runs


def test_a_push_brings_the_pipeline_with_nothing_applied_by_hand(kube: Kube, docs: Runs) -> None:
    cron = kube.get("-n", "docs", "cronworkflow", "search")
    assert cron["spec"]["suspend"] is True
    assert kube.get("namespace", "docs")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_dac_run_follows_a_run_which_ctrl_c_leaves_alone(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    with organisation.running("run", "--cluster", "docs/search") as following:
        first = [next(following.lines), next(line for line in following.lines if line.startswith("discover(0) "))]
        code, rest = following.interrupted()
    run = first[0].split()[0]
    assert first[0] == f"{run} submitted to docs"
    assert code == 130, rest
    assert rest[-2:] == [
        f"{run} goes on in the cluster; follow it with: dac run --cluster docs/search --follow {run}",
        f"or end it with: dac stop --cluster docs/{run}",
    ]
    with organisation.running("run", "--cluster", "docs/search", "--follow", run) as following:
        code, rest = following.ended()
    assert code == 0, rest
    assert json.loads(following.printed) == {"name": run, "phase": "Succeeded", "namespace": "docs"}
    assert rest[-1] == f"{run} Succeeded"
    for step in ("discover", "upsert", "validate", "publish"):
        assert f"{step}(0) Succeeded" in rest
    receipt = docs.receipt(run)
    assert (receipt["run"], receipt["status"]) == (run, "Succeeded")
    assert receipt["commit"] == organisation.git("rev-parse", "HEAD").strip(), "dac run says on which commit it stands"
    arguments = {name: receipt["arguments"][name] for name in ("pipeline", "commit", "content")}
    wanted = {"pipeline": "search", "commit": receipt["commit"], "content": receipt["content"]}
    assert arguments == wanted, "the controller lists the arguments in effect"


def test_the_run_ended_in_a_searchable_index(docs: Runs, outside: Outside) -> None:
    receipt = last(docs)
    assert receipt["verdicts"]["canaries"] == "passed"
    assert receipt["counts"]["added"] == len(DOCUMENTS)
    assert outside.aliases().get(docs.alias), "readers find the index by its alias"
    posted = [message for message in outside.messages() if receipt["results"]["index"] in message["text"]]
    assert [message["channel"] for message in posted] == ["#docs"]


def test_the_deploy_repository_carries_the_index_and_is_synced_too(kube: Kube, docs: Runs, outside: Outside) -> None:
    def carried() -> str:
        return kube.get("-n", "serving", "configmap", "search-index")["data"]["search.json"]

    index = last(docs)["results"]["index"]
    kube.until(f"the serving namespace to carry {index}", lambda: index in carried(), 400)


def test_one_changed_document_is_one_document_embedded(docs: Runs, outside: Outside) -> None:
    write_documents(outside, glass=DOCUMENTS["glass"] + " Stained glass has metal salts in it.")
    outside.overtake_next_push("deploy")
    counts = docs.run()["counts"]
    assert (counts["changed"], counts["added"], counts["removed"]) == (1, 0, 0)


def test_a_lost_race_for_the_deploy_repository_is_rebased(docs: Runs, outside: Outside) -> None:
    index = last(docs)["results"]["index"]
    assert outside.log("deploy")[:2] == [f"docs/search: index {index}", "Deploy something else"]


def test_a_push_of_other_decisions_takes_effect(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    pipeline = {**DECISIONS["pipelines"]["search"], "chunking": "fine"}
    organisation.decide("docs", {**DECISIONS, "pipelines": {"search": pipeline}})
    organisation.push("Cut the documents finer")
    kube.until("the CronWorkflow to say so", lambda: argument(kube, "chunking") == "fine", 400)
    receipt = docs.run()
    assert receipt["inputs"]["chunking"]["tokens"] == 96
    assert receipt["counts"]["added"] == len(DOCUMENTS), "another chunking is another index"


def test_a_rollback_is_a_run_that_leads_readers_back(docs: Runs, outside: Outside, organisation: Organisation) -> None:
    newest, led_to = last(docs), outside.aliases()[docs.alias]
    with organisation.running("rollback", "--cluster", "docs/search") as following:
        code, rest = following.ended()
    assert code == 0, rest
    assert "rollback(0) Succeeded" in rest
    back = last(docs)
    assert (back["verdicts"]["rolled_back"], list(back["steps"])) == (True, ["rollback"])
    assert back["results"]["index"] != newest["results"]["index"]
    assert outside.aliases()[docs.alias] not in ("", led_to), "readers are led elsewhere"
    assert docs.run()["results"]["index"] == newest["results"]["index"], "the next run leads forward"
    assert outside.aliases()[docs.alias] == led_to


def test_a_changed_fact_of_the_catalog_reaches_the_next_run_and_goes_back(
    kube: Kube, docs: Runs, organisation: Organisation
) -> None:
    before, held = last(docs), facts(kube, "chunkings")
    organisation.edit("chunkings", {"fine": {"tokens": 80}, "tiny": {"summary": "new", "tokens": 32, "overlap": 4}})
    pushed = organisation.push("Cut fine passages finer, for everybody")
    touched = organisation.git("show", "--name-only", "--format=", pushed).split()
    assert "standards/platform/catalog/rendered/facts.yaml" in touched
    assert not [name for name in touched if name.startswith("projects/") or "/v1/" in name], "no manifest changed"
    kube.until("the namespace's facts to follow", lambda: facts(kube, "chunkings")["fine"]["tokens"] == 80, 400)
    assert facts(kube, "chunkings")["tiny"] == {"tokens": 32, "overlap": 4}, "a pipeline may name it from now on"
    after = docs.run()
    assert after["inputs"]["chunking"]["tokens"] == 80
    same = ("content", "template_content")
    assert [after[field] for field in same] == [before[field] for field in same], "no manifest changed"
    assert after["facts"]["CHUNKING"] != before["facts"]["CHUNKING"], "the receipt says that something did"
    assert after["facts"]["MODEL"] == before["facts"]["MODEL"]

    organisation.git(*AUTHOR, "revert", "--no-edit", pushed)
    organisation.push_main()
    kube.until("the facts to go back", lambda: facts(kube, "chunkings") == held, 400)


OFTEN = ("-l", "workflows.argoproj.io/cron-workflow=often")


def test_a_scheduled_pipeline_fires_by_itself(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    often = {**DECISIONS["pipelines"]["search"], "schedule": {"cron": "* * * * *"}}
    organisation.decide("docs", {**DECISIONS, "pipelines": {**DECISIONS["pipelines"], "often": often}})
    organisation.push("Index every minute")
    kube.until("a run nobody started", lambda: kube.get("-n", "docs", "workflows", *OFTEN)["items"], 500)


def test_a_run_outlives_its_pipeline(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> None:
    """Taken out of decisions.yaml, a pipeline starts nothing more; what it has started ends as it began."""
    run = kube.get("-n", "docs", "workflows", *OFTEN)["items"][-1]["metadata"]["name"]
    owners = docs.object(run)["metadata"]["ownerReferences"]
    assert [owner["kind"] for owner in owners] == ["CronWorkflow"], "without an owner this would show nothing"
    with (
        docs.without_pods()
    ):  # a run that is started now is live until its pipeline is gone, however quick the cluster is
        last_started = Runs(kube, outside, "docs", "often").start()
        organisation.decide("docs", DECISIONS)
        organisation.push("Index when asked")
        kube.until("its CronWorkflow to be pruned", lambda: not kube.exists("-n", "docs", "cronworkflow", "often"), 300)
        assert docs.phase(last_started) not in DONE, "the run was to be live when its pipeline went"
    kube.until(
        "the garbage collector to let its runs go", lambda: not docs.object(run)["metadata"].get("ownerReferences")
    )
    for workflow in kube.get("-n", "docs", "workflows", *OFTEN)["items"]:
        ended = docs.wait(workflow["metadata"]["name"])
        assert ended["status"]["phase"] == "Succeeded", docs.why(ended)
    assert docs.phase(last_started) == "Succeeded"
    kube("-n", "docs", "delete", "workflows", *OFTEN)


def facts(kube: Kube, kind: str) -> dict[str, Any]:
    """Return the facts of a kind as pods of the namespace read them, by name."""
    data = kube.get("-n", "docs", "configmap", f"catalog-{kind}")["data"]
    return {name: json.loads(text) for name, text in data.items()}


def last(docs: Runs) -> dict[str, Any]:
    """Return the receipt of the newest run."""
    runs = docs.kube.get("-n", "docs", "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
    return docs.receipt(runs[-1]["metadata"]["name"])


def argument(kube: Kube, name: str) -> str:
    """Return an argument of the pipeline as the cluster has it."""
    spec = kube.get("-n", "docs", "cronworkflow", "search")["spec"]["workflowSpec"]
    return {p["name"]: p["value"] for p in spec["arguments"]["parameters"]}[name]
