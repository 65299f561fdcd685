"""What an organisation has beside its cluster: an object store, Weaviate, a Git server, Slack, a served model."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.kube import Kube

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HOOK = FIXTURES.parents[2] / "standards/platform/examples/pre-receive"
NAMESPACE = "outside"


@dataclass
class Outside:
    """The stand-ins in namespace `outside`, and the pod there that looks at them."""

    kube: Kube
    image: str
    eval_image: str
    key: str = "dac-test"
    secret: str = field(default_factory=lambda: secrets.token_hex(8))
    decisions_token: str = field(default_factory=lambda: secrets.token_hex(8))
    deploy_token: str = field(default_factory=lambda: secrets.token_hex(8))  # a person's, who may write all of it
    accounts: dict[str, str] = field(default_factory=dict)
    deploy_tokens: dict[str, str] = field(default_factory=dict)

    objects = "http://s3.outside.svc.cluster.local:7070"
    weaviate = "http://weaviate.outside.svc.cluster.local:8080"
    slack = "http://slack.outside.svc.cluster.local:8001/"
    models = "http://models.outside.svc.cluster.local:8003"  # a served model, and the registry that it is in
    git = "http://git.outside.svc.cluster.local:8000"

    def start(self) -> None:
        """Start them and wait until they answer."""
        text = (FIXTURES / "stores.yaml").read_text()
        facts = {
            "IMAGE": self.image,
            "S3_IMAGE": os.environ.get("DAC_S3_IMAGE", "local.test/versitygw:1"),
            "WEAVIATE_IMAGE": os.environ.get("DAC_WEAVIATE_IMAGE", "local.test/weaviate:1"),
            "S3_KEY": self.key,
            "S3_SECRET": self.secret,
            "DECISIONS_TOKEN": self.decisions_token,
            "DEPLOY_TOKEN": self.deploy_token,
        }
        for name, value in facts.items():
            text = text.replace(f"@{name}@", value)
        files = (FIXTURES / "gitserver.py", FIXTURES / "slack.py", FIXTURES / "models.py", HOOK)
        programs = {file.name: file.read_text() for file in files}
        about = {"name": "fixtures", "namespace": NAMESPACE}
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": programs}
        self.kube.apply(
            text.split("---\n", 1)[0] + "---\n" + json.dumps(config) + "\n---\n" + text.split("---\n", 1)[1]
        )
        for what in ("deployment/s3", "statefulset/weaviate", "deployment/people"):
            self.kube("-n", NAMESPACE, "rollout", "status", what, "--timeout=180s")
        self.python(
            "import s3fs; fs = s3fs.S3FileSystem(); [fs.mkdir(b) for b in ('docs', 'dac-artifacts', 'dac-workflows')]"
        )

    def python(self, program: str, stdin: str | None = None) -> str:
        """Run a program beside the stores and return what it prints, with the image's Python and the store's keys."""
        flags = ("-i",) if stdin is not None else ()
        where = ("-n", NAMESPACE, "exec", *flags, "deploy/people", "-c", "tools", "--")
        return self.kube(*where, "python", "-c", program, stdin=stdin)

    def account(self, name: str) -> str:
        """Return the secret key of an account in the object store; it is made when it is first asked for."""
        if name not in self.accounts:
            self.accounts[name] = secrets.token_hex(16)
            admin = ("versitygw", "admin", "--access", self.key, "--secret", self.secret)
            made = ("create-user", "--access", name, "--secret", self.accounts[name], "--role", "user")
            where = ("-n", NAMESPACE, "exec", "deploy/s3", "--")
            self.kube(*where, *admin, "--endpoint-url", "http://127.0.0.1:7070", *made)
        return self.accounts[name]

    def token(self, project: str) -> str:
        """Return a project's token for the deploy repository; it is made when it is first asked for."""
        if project not in self.deploy_tokens:
            self.deploy_tokens[project] = secrets.token_hex(16)
            program = f"open('/data/git/deploy.tokens/{project}', 'x').write('{self.deploy_tokens[project]}')"
            self.kube("-n", NAMESPACE, "exec", "deploy/people", "-c", "git", "--", "python", "-c", program)
        return self.deploy_tokens[project]

    def police(self, policies: dict[str, Any]) -> None:
        """Give buckets their policies: bucket -> policy; one that is not there yet is made."""
        self.python(
            "import json, sys, s3fs; fs = s3fs.S3FileSystem()\n"
            "for bucket, policy in json.load(sys.stdin).items():\n"
            "    fs.exists(bucket) or fs.mkdir(bucket)\n"
            "    fs.call_s3('put_bucket_policy', Bucket=bucket, Policy=json.dumps(policy))",
            stdin=json.dumps(policies),
        )

    def reach(self, *ports: int) -> dict[str, Any]:
        """Return what the catalog says so that NetworkPolicies let pods reach the stand-ins at these ports."""
        services = self.kube.get("-n", NAMESPACE, "services")["items"]
        pods = {pod["status"]["podIP"] for pod in self.kube.get("-n", NAMESPACE, "pods")["items"]}
        behind = {f"{'.'.join(ip.split('.')[:2])}.0.0/16" for ip in pods}  # a pod that is killed comes back elsewhere
        return {"cidrs": sorted({f"{s['spec']['clusterIP']}/32" for s in services} | behind), "ports": list(ports)}

    def put(self, objects: dict[str, str]) -> None:
        """Write objects: bucket/key -> text."""
        self.python(
            "import json, sys, s3fs; fs = s3fs.S3FileSystem()\n"
            "for key, text in json.load(sys.stdin).items(): fs.pipe_file(key, text.encode())",
            stdin=json.dumps(objects),
        )

    def read(self, key: str) -> str:
        """Return an object's text. Raises Refused where it is absent."""
        return self.python(f"import s3fs; print(s3fs.S3FileSystem().cat_file({key!r}).decode(), end='')")

    def messages(self) -> list[dict[str, Any]]:
        """Return what was posted to Slack."""
        return json.loads(self.python(f"import urllib.request as u; print(u.urlopen({self.slack!r}).read().decode())"))

    def registry(self, models: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the model registry holds, by model {versions, aliases}; first replace it where it is given."""
        program = (
            "import sys, urllib.request as u; given = sys.stdin.read().encode()\n"
            f"ask = u.Request({self.models + '/registry'!r}, given or None, method='PUT' if given else 'GET')\n"
            "print(u.urlopen(ask).read().decode())"
        )
        return json.loads(self.python(program, stdin="" if models is None else json.dumps(models)))

    def overtake_next_push(self, repository: str) -> None:
        """Lets somebody else's commit land between the next clone and push of a repository."""
        touch = ("python", "-c", f"open('/data/git/{repository}.race', 'x')")  # the image has no touch
        self.kube("-n", NAMESPACE, "exec", "deploy/people", "-c", "git", "--", *touch)

    def log(self, repository: str) -> list[str]:
        """Return the subjects of a repository's commits, newest first."""
        show = ("git", "-C", f"/data/git/{repository}.git", "log", "--format=%s", "main")
        return self.kube("-n", NAMESPACE, "exec", "deploy/people", "-c", "git", "--", *show).splitlines()

    def indexed(self, alias: str) -> dict[str, list[str]]:
        """Return what readers find behind an alias: document -> the texts of its passages, in order."""
        address = f"{self.weaviate}/v1/objects?limit=1000&class={self.aliases()[alias]}"
        program = f"import urllib.request as u; print(u.urlopen({address!r}).read().decode())"
        passages_of: dict[str, list[tuple[int, str]]] = {}
        for stored in json.loads(self.python(program))["objects"]:
            payload = json.loads(stored["properties"]["payload"])
            passages_of.setdefault(payload["document"], []).append((payload["position"], payload["text"]))
        return {document: [text for _, text in sorted(passages)] for document, passages in passages_of.items()}

    def aliases(self) -> dict[str, str]:
        """Weaviate's aliases: alias -> collection."""
        program = f"import urllib.request as u; print(u.urlopen({self.weaviate + '/v1/aliases'!r}).read().decode())"
        return {entry["alias"]: entry["class"] for entry in json.loads(self.python(program))["aliases"] or []}
