"""An organisation that took this repository as its own: its facts in the catalog, its projects, its Git server."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from harness.following import Following
from harness.kube import Kube
from harness.outside import NAMESPACE, Outside

ROOT = Path(__file__).resolve().parents[3]
ARGO = ROOT / "tests/cluster/build/argo"
LEFT = (
    "projects/",
    "tests/",
    "images/",
    "standards/fine-tuning/",
    "standards/platform/examples/",  # of a run of fine-tuning
)
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com")


class Organisation:
    """A work tree of the organisation's repository."""

    def __init__(self, kube: Kube, outside: Outside, tree: Path) -> None:
        self.kube, self.outside, self.tree = kube, outside, tree

    def adopt(self) -> None:
        """Copy this repository and write the organisation's facts into the catalog.

        Projects, and what runs on images that were not built for this test, are left out.
        """
        files = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
        )
        for name in files.stdout.splitlines():
            if (ROOT / name).is_file() and not name.startswith(LEFT):
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.tree / name)
        (self.tree / "projects").mkdir()
        self.git("init", "-q", "--initial-branch=main")
        # No run serves weights here: the image of that sidecar is never pulled.
        images = {"rag": self.outside.image, "eval": self.outside.eval_image, "train": self.outside.eval_image}
        repositories = {name: {"repository": image.split("@")[0]} for name, image in images.items()}
        self.edit("images", repositories, only=tuple(images))
        for name, image in images.items():
            self.dac("images", "--pin", name, image.split("@")[1])
        self.edit("platform", {"repository": {"url": f"{self.outside.git}/decisions.git", "poll_seconds": 5}})
        place = self.outside.objects.removeprefix("http://")
        self.edit("platform", {"artifacts": {"endpoint": place, "insecure": True, "secret": "objects"}})
        if self.kube.is_local:  # its executor is built from the same module as its controller
            version = re.search(r"^# version: (\S+)$", (ARGO / "recipe.sh").read_text(), re.MULTILINE)
            assert version, "tests/cluster/build/argo/recipe.sh has a line `# version: ...`"
            self.edit("platform", {"executor": {"image": f"local.test/argoexec:{version[1]}"}})
        self.find_services()
        # Two cores have to hold the control plane as well; a few documents are several shards.
        pod = {"cpu": "800m", "memory": "2Gi"}
        shards = {"rag-indexing": {"shard_documents": 3}}
        small = {"cpu": "500m", "memory": "1Gi"}
        pods = {"embed": pod, "upsert": pod, "infer": small, "score": small}
        self.edit("sizes", {"small": {"settings": shards, "pods": pods}})

    def find_services(self) -> None:
        """Write into the catalog where the API server and the services outside of the cluster answer."""
        self.edit("platform", {"cluster": {"api": self.api()}})
        endpoints = {
            "objects": (self.outside.objects, (7070,)),
            "store-weaviate": (self.outside.weaviate, (8080, 50051)),
            "slack": (self.outside.slack, (8001,)),
            "deploy-repo": (f"{self.outside.git}/deploy.git", (8000,)),
            "model-docs-assistant": (self.outside.models, (8003,)),
            "mlflow": (self.outside.models, (8003,)),
            "pushgateway": ("", (9091,)),
        }
        facts = {name: {"address": at, "egress": self.outside.reach(*ports)} for name, (at, ports) in endpoints.items()}
        self.edit("endpoints", facts)

    def api(self) -> dict[str, Any]:
        """Where pods find the API server: its Service, and what stands behind that."""
        service = self.kube.get("service", "kubernetes")["spec"]
        slices = self.kube.get("endpointslices", "-l", "kubernetes.io/service-name=kubernetes")["items"]
        behind = [ip for part in slices for end in part["endpoints"] for ip in end["addresses"]]
        ports = {443, *(port["port"] for part in slices for port in part["ports"])}
        return {"cidrs": sorted({f"{ip}/32" for ip in (service["clusterIP"], *behind)}), "ports": sorted(ports)}

    def edit(self, kind: str, facts: dict[str, Any], only: tuple[str, ...] = ()) -> None:
        """Merge facts into standards/catalog/<kind>.yaml, whose comments stay; `only` drops every other name."""
        yaml, file = YAML(), self.tree / f"standards/catalog/{kind}.yaml"
        yaml.width = 1000
        yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
        held = yaml.load(file)
        for name in [name for name in held if only and name not in only]:
            del held[name]
        merge(held, facts)
        yaml.dump(held, file)

    def decide(self, project: str, decisions: dict[str, Any]) -> None:
        """Write a project's decisions.yaml."""
        file = self.tree / "projects" / project / "decisions.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        YAML().dump(decisions, file)

    def dac(self, command: str, *arguments: str) -> str:
        """Return what a command of the tool prints on this tree."""
        words = [ROOT / ".venv/bin/dac", command, "--root", self.tree, *arguments]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def findings(self, project: str) -> str:
        """Return what `dac check` finds about a project."""
        words = [ROOT / ".venv/bin/dac", "check", "--root", self.tree, project]
        return subprocess.run(words, capture_output=True, text=True).stdout

    def running(self, command: str, *arguments: str) -> Following:
        """Start a command of the tool on this tree and this cluster, and return it while it runs."""
        return Following(
            [str(ROOT / ".venv/bin/dac"), command, "--root", str(self.tree), *arguments], self.kube.kubeconfig
        )

    def asked(self, *words: str) -> tuple[int, str]:
        """Run a command of the tool on this tree and this cluster; return its exit status and all that it prints."""
        with self.running(*words) as following:
            status, lines = following.ended()
        return status, following.printed + "\n".join(lines)

    def push(self, message: str) -> str:
        """Render for a cluster (every image built), commit and push; return the commit."""
        self.dac("render", "--cluster")
        return self.push_as_it_is(message)

    def push_as_it_is(self, message: str) -> str:
        """Commit and push what is in the tree, rendered or not; return the commit."""
        self.git("add", "-A")
        self.git(*AUTHOR, "commit", "-q", "-m", message)
        self.push_main()
        return self.git("rev-parse", "HEAD").strip()

    def revert(self) -> str:
        """Revert the last commit and push that; return the commit."""
        self.git(*AUTHOR, "revert", "--no-edit", "HEAD")
        self.push_main()
        return self.git("rev-parse", "HEAD").strip()

    def push_main(self) -> None:
        """Pushes what is committed."""
        self.push_to("decisions", self.outside.decisions_token, self.tree)
        self.refresh()

    def push_to(self, repository: str, token: str, tree: Path) -> None:
        """Pushes a tree's main branch to a repository of the Git server."""
        pair = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        header = ("-c", f"http.extraHeader=Authorization: Basic {pair}")
        with self.kube.forward(NAMESPACE, "svc/git", 8000) as port:
            self.git(*header, "push", "-q", f"http://127.0.0.1:{port}/{repository}.git", "HEAD:main", tree=tree)

    def git(self, *words: str, tree: Path | None = None) -> str:
        done = subprocess.run(["git", *words], cwd=tree or self.tree, capture_output=True, text=True)
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout

    def bootstrap(self) -> None:
        """Run the one command that brings the platform to a cluster; from then on Argo CD keeps it."""
        status, stderr = self.script("bootstrap.sh", "--controllers-are-there")
        assert status == 0, stderr

    def remove(self, project: str) -> None:
        """Delete a project: from the repository, and once Argo CD reads it there no more, from the cluster."""
        shutil.rmtree(self.tree / "projects" / project)
        self.push(f"Delete the project {project}")
        waits = f"Argo CD still reads projects/{project}"

        def removed() -> tuple[int, str] | None:
            status, stderr = self.script("remove.sh", project)
            return None if waits in stderr else (status, stderr)

        assert self.kube.until(f"Argo CD to read {project} no more", removed, 400)[0] == 0

    def refresh(self) -> None:
        """Have Argo CD look at the repository now; by itself it would later.

        It forgets what it knows of it: by the names of changed files alone it would not see that a folder was moved.
        """
        if self.kube.get("-n", "argocd", "applications")["items"]:
            now = "argocd.argoproj.io/refresh=hard"
            self.kube("-n", "argocd", "annotate", "applications", "--all", now, "--overwrite")

    def script(self, name: str, *words: str) -> tuple[int, str]:
        """Run a script of standards/platform as an administrator; return its exit status and stderr."""
        environment = {"KUBECONFIG": self.kube.kubeconfig, "PATH": f"{Path(self.kube.kubectl).parent}:/usr/bin:/bin"}
        command = [self.tree / "standards/platform" / name, *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.returncode, done.stderr

    def secrets(self, project: str) -> None:
        """Do what the platform's people and a secret store do for a project.

        It gets an account in the object store, which the policies of `dac grants` hold to its prefix, and in its
        namespace the account's key and its token for the deploy repository.
        """
        accounts = {folder.name: self.outside.account(folder.name) for folder in (self.tree / "projects").iterdir()}
        self.outside.police(json.loads(self.dac("grants", "--by", "bucket")))
        secret = accounts[project]
        lines = f"[default]\naws_access_key_id = {project}\naws_secret_access_key = {secret}\nregion = us-east-1\n"
        held = {
            "objects": {"credentials": lines, "accesskey": project, "secretkey": secret},
            "deploy": {"token": self.outside.token(project)},
        }
        for name, data in held.items():
            about = {"name": name, "namespace": project}
            self.kube.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": data}))


def merge(held: Any, facts: dict[str, Any]) -> None:
    """Put facts into a mapping, mapping by mapping."""
    for name, value in facts.items():
        if isinstance(value, dict) and name in held:
            merge(held[name], value)
        else:
            held[name] = value
