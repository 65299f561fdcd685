"""Run a pod of a project that tries what it may not.

It has the project's ServiceAccount, its key, its token for the deploy repository and its network, in the step image,
whose own modules speak to the store and to the repository.
"""

import json
import secrets
from typing import Any

from harness.kube import Kube
from harness.outside import Outside

SAFE = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SECRETS = "/var/run/dac/secrets"
PROGRAM = """
import json, os, socket, ssl, sys, urllib.error, urllib.request
from index import deploy
from runtime import addresses, objects
from runtime.errors import InputError

store = addresses.locate("s3://any/key")[0]
account = "/var/run/secrets/kubernetes.io/serviceaccount/"

def api(path):
    if not os.path.exists(account + "token"):
        return "no token"
    head = {"Authorization": "Bearer " + open(account + "token").read()}
    place = "https://kubernetes.default.svc" + path
    trust = ssl.create_default_context(cafile=account + "ca.crt")
    try:
        return urllib.request.urlopen(urllib.request.Request(place, headers=head), context=trust, timeout=20).status
    except urllib.error.HTTPError as error:
        return json.load(error)["message"]

def connect(host, port):
    try:
        socket.create_connection((host, port), 5).close()
        return "open"
    except OSError:  # dropped, or refused by the network
        return "closed"

tries = {
    "write": lambda address: objects.write(address, b"text"),
    "read": lambda address: objects.read(address).decode(),
    "list": lambda address: [entry.name for entry in objects.entries(address)],
    "get": lambda key: store.call_s3("get_object", Bucket=key.split("/")[0], Key=key.split("/", 1)[1]) and None,
    "names": lambda bucket: len(store.call_s3("list_objects_v2", Bucket=bucket).get("Contents", [])),
    "remove": objects.remove,
    "api": api,
    "connect": connect,
    "push": lambda path, index: deploy.push(os.environ["DEPLOY_REPO"], path, {"index": index}, "a probe"),
}
for name, *arguments in json.loads(os.environ["TRIES"]):
    try:
        print(">", json.dumps(tries[name](*arguments)))
    except (InputError, PermissionError) as error:
        refused = error.__cause__ if isinstance(error, InputError) else error
        # The store's word, or 403; of any other refusal, what the program says.
        print(">", json.dumps(refused.__cause__.response["Error"]["Code"] if refused else str(error)))
"""


def probe(kube: Kube, outside: Outside, project: str, tries: list[tuple[Any, ...]]) -> list[Any]:
    """Return what each try of (name of one of PROGRAM's, its arguments) gives in a pod of the project."""
    name = f"probe-{secrets.token_hex(3)}"
    environment = {
        "OBJECTS": outside.objects,
        "AWS_SHARED_CREDENTIALS_FILE": f"{SECRETS}/objects/credentials",
        "DEPLOY_REPO": f"{outside.git}/deploy.git",
        "TRIES": json.dumps(tries),
    }
    container = {
        "name": "main",
        "image": outside.image,
        "command": ["python", "-c", PROGRAM],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "securityContext": SAFE,
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            *({"name": name, "mountPath": f"{SECRETS}/{name}", "readOnly": True} for name in ("objects", "deploy")),
        ],
    }
    spec = {
        "restartPolicy": "Never",
        "serviceAccountName": "rag-indexing",
        "containers": [container],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            *({"name": name, "secret": {"secretName": name}} for name in ("objects", "deploy")),
        ],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": project}, "spec": spec}
    where = ("-n", project)
    kube(*where, "create", "-f", "-", stdin=json.dumps(pod))
    try:

        def ended() -> str:
            phase = kube.get(*where, "pod", name)["status"]["phase"]
            return phase if phase in ("Succeeded", "Failed") else ""

        phase = kube.until(f"pod {name} of {project} to end", ended, 180)
        log = kube(*where, "logs", name)
        assert phase == "Succeeded", log
        return [json.loads(line[1:]) for line in log.splitlines() if line.startswith(">")]
    finally:
        kube(*where, "delete", "pod", name, "--wait=false")
