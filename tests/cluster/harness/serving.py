"""Who reads the index: a deployment that another Argo CD application syncs from the deploy repository."""

import json
from pathlib import Path

from harness.kube import Kube
from harness.organisation import AUTHOR, Organisation

KUSTOMIZATION = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
configMapGenerator: [{name: search-index, namespace: serving, files: [search.json]}]
generatorOptions: {disableNameSuffixHash: true}
"""


def serve(kube: Kube, organisation: Organisation, tree: Path) -> None:
    """Founds the deploy repository and lets Argo CD sync it into namespace `serving`."""
    (tree / "docs").mkdir(parents=True)
    (tree / "docs/kustomization.yaml").write_text(KUSTOMIZATION)
    (tree / "docs/search.json").write_text("{}\n")
    organisation.git("init", "-q", "--initial-branch=main", tree=tree)
    organisation.git("add", "-A", tree=tree)
    organisation.git(*AUTHOR, "commit", "-q", "-m", "Deploy nothing yet", tree=tree)
    organisation.push_to("deploy", organisation.outside.deploy_token, tree)
    for manifest in manifests(f"{organisation.outside.git}/deploy.git"):
        kube.apply(json.dumps(manifest))


def manifests(repository: str) -> list[dict[str, object]]:
    """Return the namespace, its AppProject and its Application."""
    argo = {"apiVersion": "argoproj.io/v1alpha1"}
    server = "https://kubernetes.default.svc"
    about = {"name": "serving", "namespace": "argocd"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "serving"}},
        {
            **argo,
            "kind": "AppProject",
            "metadata": about,
            "spec": {"sourceRepos": [repository], "destinations": [{"server": server, "namespace": "serving"}]},
        },
        {
            **argo,
            "kind": "Application",
            "metadata": about,
            "spec": {
                "project": "serving",
                "source": {"repoURL": repository, "targetRevision": "main", "path": "docs"},
                "destination": {"server": server, "namespace": "serving"},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
        },
    ]
