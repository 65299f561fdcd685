"""Each command under "Fix" and "What to do" of the pages of who is paged, against runs in such a state."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from conftest import HERE
from harness.kube import Kube
from harness.organisation import ROOT, Organisation
from harness.runs import Runs

PAGES = [ROOT / "docs/on-call.md", *sorted((ROOT / "docs/alerts").glob("*.md"))]
# Run by another test of the cluster, which has the state that it needs.
ELSEWHERE = {
    "dac rollback --cluster PROJECT/PIPELINE": ("smoke/test_30_pipeline.py", '"rollback", "--cluster"'),
    "dac release COMMIT": ("smoke/test_64_waves.py", '"release", "--cluster"'),
    "dac run --cluster PROJECT/PIPELINE -p accept=VERSION": ("smoke/test_48_models.py", 'accept="1"'),
    "dac run --cluster PROJECT/PIPELINE -p accept=1": ("smoke/test_48_models.py", 'accept="1"'),
}
HERE_RUN = {
    "dac run --cluster PROJECT/PIPELINE",
    "dac retry --cluster PROJECT/RUN",
    "dac stop --cluster PROJECT/RUN",
    "dac status --cluster",
    "dac verify RECEIPT",
    "argo -n PROJECT terminate RUN",
    "kubectl -n PROJECT delete workflow RUN",
    "kubectl -n PROJECT delete pod POD --force",
    "kubectl -n argocd annotate application NAME argocd.argoproj.io/refresh=normal",
    "kubectl -n argo rollout restart deployment/workflow-controller",
}
COMMAND = re.compile(r"(?:^|`)((?:dac|kubectl|argo) [^`\n]+)", re.MULTILINE)


def commands(page: Path) -> set[str]:
    """Return the commands of a page's parts on what to do."""
    parts = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    wanted = [part for part in parts if part.startswith(("Fix\n", "What to do\n"))]
    spelt = {command.strip() for part in wanted for command in COMMAND.findall(part)}
    return {command for command in spelt if len(command.split()) > 2}  # shorter ones are spoken of


def test_no_command_of_a_page_is_run_by_nobody() -> None:
    every = {command for page in PAGES for command in commands(page)}
    assert every == HERE_RUN | ELSEWHERE.keys()
    for file, text in ELSEWHERE.values():
        assert text in (HERE / file).read_text(), f"{file} runs it no more"


def newest(kube: Kube) -> str:
    items = kube.get("-n", "docs", "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
    return str(items[-1]["metadata"]["name"])


def test_run_retry_status_and_verify(kube: Kube, docs: Runs, organisation: Organisation, tmp_path: Path) -> None:
    docs.make_room(2)  # for commands of a person, who is told that the quota is full
    status, printed = organisation.asked("run", "--cluster", "docs/search")
    assert status == 0, printed
    first = newest(kube)
    status, printed = organisation.asked("retry", "--cluster", f"docs/{first}")
    assert (status, newest(kube) != first) == (0, True), printed
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(docs.receipt(first)))
    status, printed = organisation.asked("verify", str(receipt))
    assert status == 0, printed
    began = time.monotonic()
    status, printed = organisation.asked("status", "--cluster")
    assert "docs/search" in printed, printed
    assert time.monotonic() - began < 60, "it waits for nothing"


def test_stop_terminate_and_delete_of_runs_that_wait(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    with docs.without_pods():
        holder, waiting, third = docs.start(), docs.start(), docs.start()
        kube.until("the first to hold the mutex", lambda: docs.phase(holder) == "Running", 120)
        # One that is deleted while the controller first looks at it stays in the queue of the mutex: Argo 4.0.5.
        kube.until("the others to wait", lambda: {docs.phase(waiting), docs.phase(third)} == {"Pending"}, 120)
        kube("-n", "docs", "delete", "workflow", third)
        kube.argo("-n", "docs", "terminate", waiting)
        status, printed = organisation.asked("stop", "--cluster", f"docs/{holder}")
        assert status == 0, printed
    ended = {name: docs.wait(name)["status"]["phase"] for name in (holder, waiting)}
    assert ended[holder] == "Failed", ended  # of a run that waited, Argo 4.0.5 says Succeeded: it never began
    assert docs.receipt(holder)["status"] == "Failed", "the exit handler of a run that is stopped leaves a receipt"
    assert not kube.exists("-n", "docs", "workflow", third)


def test_a_pod_that_is_deleted_by_force_is_made_anew(kube: Kube, docs: Runs) -> None:
    run = docs.start()
    selector = f"workflows.argoproj.io/workflow={run}"
    pods = kube.until("a pod", lambda: kube.get("-n", "docs", "pods", "-l", selector)["items"], 120)
    kube("-n", "docs", "delete", "pod", pods[0]["metadata"]["name"], "--force")
    ended = docs.wait(run)
    assert ended["status"]["phase"] == "Succeeded", docs.why(ended)


def test_a_controller_that_starts_anew_goes_on_with_its_runs(kube: Kube, docs: Runs) -> None:
    """On the local cluster it is a process of the node, which its keeper starts again; elsewhere a Deployment."""
    run = docs.start()
    kube.until("the run to begin", lambda: docs.phase(run) == "Running", 120)
    if kube.is_local:
        subprocess.run([sys.executable, HERE / "local", "kill", "workflow-controller"], check=True)
    else:
        kube("-n", "argo", "rollout", "restart", "deployment/workflow-controller")
    ended = docs.wait(run)
    assert ended["status"]["phase"] == "Succeeded", docs.why(ended)


def test_argo_cd_looks_at_once(kube: Kube, docs: Runs) -> None:
    """It takes the annotation away once it has."""
    refresh = "argocd.argoproj.io/refresh"
    kube("-n", "argocd", "annotate", "application", "docs-pipelines", f"{refresh}=normal")

    def taken() -> bool:
        about = kube.get("-n", "argocd", "application", "docs-pipelines")["metadata"]
        return refresh not in about.get("annotations", {})

    kube.until("Argo CD to have looked", taken, 120)
