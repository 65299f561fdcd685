"""The one command that brought the platform: what it refuses on a real cluster, and that it can be run again."""

import subprocess
from pathlib import Path

from harness.kube import Kube
from harness.organisation import Organisation
from ruamel.yaml import YAML

HELD = [
    ("-n", "argo", "configmap", "workflow-controller-configmap"),
    ("validatingadmissionpolicy", "dac-runs"),
    ("-n", "argocd", "applicationset", "dac-projects"),
]


def bootstrap(organisation: Organisation, kubeconfig: Path | str, *words: str) -> tuple[int, str]:
    """Return the exit status and stderr, less what must be checked by hand: the repository is not on GitHub."""
    path = f"{Path(organisation.kube.kubectl).parent}:/usr/bin:/bin"
    command = [organisation.tree / "standards/platform/bootstrap.sh", "--controllers-are-there", *words]
    environment = {"KUBECONFIG": str(kubeconfig), "PATH": path}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    lines = done.stderr.splitlines(keepends=True)
    notes = [line for line in lines if line.startswith("check by hand: branch main of ")]
    assert len(notes) == 1, done.stderr
    return done.returncode, "".join(line for line in lines if line not in notes)


def test_it_can_be_run_again(kube: Kube, organisation: Organisation) -> None:
    def specs() -> list[object]:
        held = [kube.get(*what) for what in HELD]
        return [item.get("spec", item.get("data")) for item in held]

    before = specs()
    status, stderr = bootstrap(organisation, kube.kubeconfig)
    assert status == 0, stderr
    assert specs() == before


def test_it_refuses_another_context(kube: Kube, organisation: Organisation) -> None:
    status, stderr = bootstrap(organisation, kube.kubeconfig, "--context", "nowhere")
    assert (status, stderr) == (
        2,
        'bootstrap.sh: the cluster of context nowhere does not answer: error: context "nowhere" does not exist\n',
    )


def test_it_refuses_whoever_is_no_administrator(kube: Kube, organisation: Organisation, tmp_path: Path) -> None:
    yaml, file = YAML(), tmp_path / "kubeconfig"
    config = yaml.load(Path(kube.kubeconfig))
    for user in config["users"]:
        user["user"]["as"] = "somebody"
    yaml.dump(config, file)
    status, stderr = bootstrap(organisation, file)
    context = config["current-context"]
    fault = f"context {context} has not an administrator's rights on its cluster, which this takes"
    assert (status, stderr) == (2, f"bootstrap.sh: {fault}\n")


def test_it_refuses_without_a_cluster(organisation: Organisation, tmp_path: Path) -> None:
    status, stderr = bootstrap(organisation, tmp_path / "none")
    assert (status, stderr) == (
        2,
        "bootstrap.sh: no cluster is chosen; set KUBECONFIG, or name a context: "
        "kubectl config get-contexts lists them\n",
    )
