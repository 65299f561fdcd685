"""What lives, as the API server says: projects' namespaces, their CronWorkflows, and the metadata of Workflows."""

import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

from runtime.errors import InputError, TryAgain
from runtime.retention.item import Living

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_GROUP = "/apis/argoproj.io/v1alpha1"
_LABEL = "dac.dev/project"
_PIPELINES = "dac.dev/pipelines"
_CRON, _COMPLETED = "workflows.argoproj.io/cron-workflow", "workflows.argoproj.io/completed"
_PAGE, _SECONDS = 500, 30.0
# A Workflow holds its whole template and all its nodes; of a thousand of them only names and labels are wanted.
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Cluster:
    """The API server, as a pod's own account may ask it.

    Args:
        address: https://host:port; the pod's own cluster by default.
        account: the folder of the account's token and of the server's certificate.
    """

    def __init__(self, address: str = "", account: Path = ACCOUNT) -> None:
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        self._address = address or f"https://{f'[{host}]' if ':' in host else host}:{port}"
        self._account = account

    def living(self, project: str = "") -> Living:
        """Return what lives in all projects, or in one of them.

        Raises:
            InputError: the account may not ask.
            TryAgain: the server did not answer.
        """
        where = f"/namespaces/{urllib.parse.quote(project)}" if project else ""
        pipelines: dict[str, dict[str, str]] = {}
        for item in self._items("/api/v1/namespaces", labelSelector=f"{_LABEL}={project}" if project else _LABEL):
            names = (item["metadata"].get("annotations") or {}).get(_PIPELINES, "")
            pipelines[item["metadata"]["name"]] = dict.fromkeys((n for n in names.split(",") if n), "")
        for item in self._items(f"{_GROUP}{where}/cronworkflows"):
            metadata, given = item["metadata"], item["spec"]["workflowSpec"].get("arguments", {}).get("parameters", [])
            stores = [str(p.get("value", "")) for p in given if p["name"] == "store"]
            pipelines.setdefault(metadata["namespace"], {})[metadata["name"]] = (stores or [""])[0]
        runs: dict[str, set[str]] = {}
        flying: dict[str, set[str]] = {}
        for item in self._items(f"{_GROUP}{where}/workflows", accept=_NAMES_ONLY):
            metadata, labels = item["metadata"], item["metadata"].get("labels") or {}
            runs.setdefault(metadata["namespace"], set()).update((metadata["uid"], metadata["name"]))
            if labels.get(_COMPLETED) != "true":
                flying.setdefault(metadata["namespace"], set()).add(labels.get(_CRON) or "*")
        return Living(
            pipelines, {p: frozenset(of) for p, of in runs.items()}, {p: frozenset(of) for p, of in flying.items()}
        )

    def _items(self, path: str, accept: str = "application/json", **query: str) -> Iterator[dict[str, Any]]:
        """Yield every object of a list, page by page."""
        following = ""
        while True:
            asked = urllib.parse.urlencode({"limit": _PAGE, **query, **({"continue": following} if following else {})})
            answer = self._get(f"{path}?{asked}", accept)
            yield from answer.get("items") or []
            following = (answer.get("metadata") or {}).get("continue", "")
            if not following:
                return

    def _get(self, path: str, accept: str) -> dict[str, Any]:
        token = self._account / "token"  # read anew each time: it is rotated
        headers = {"Accept": accept, **({"Authorization": f"Bearer {token.read_text()}"} if token.is_file() else {})}
        certificate = self._account / "ca.crt"
        trusted = ssl.create_default_context(cafile=str(certificate)) if certificate.is_file() else None
        request = urllib.request.Request(f"{self._address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS, context=trusted) as answer:
                value: dict[str, Any] = json.loads(answer.read())
                return value
        except urllib.error.HTTPError as error:
            with error:
                message = f"the API server refuses GET {path}: {error.code} {error.read(300).decode(errors='replace')}"
            raise (InputError if error.code in (401, 403, 404) else TryAgain)(message) from error
        except (OSError, HTTPException, ValueError) as error:
            raise TryAgain(f"the API server at {self._address} did not answer: {error}") from error
