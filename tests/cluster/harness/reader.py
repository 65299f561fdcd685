"""Objects by the words of `kubectl get`, asked of the API server without a process for each question.

A test that waits looks twice a second. That kubectl starts for it took an eighth of a machine of two cores.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_SECONDS = 30
_WORDS = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
_WORDS.add_argument("-n", default="default")
_WORDS.add_argument("-A", action="store_true")
_WORDS.add_argument("-l")
_WORDS.add_argument("--sort-by", choices=[".metadata.creationTimestamp"])
_WORDS.add_argument("kind")
_WORDS.add_argument("name", nargs="?")


class Refused(Exception):
    """The API server refused or does not answer, as kubectl or it says; the text says which."""


class Missing(Refused):
    """There is no such object."""


class Kind(NamedTuple):
    """Where the API server keeps the objects of a kind."""

    path: str
    plural: str
    namespaced: bool


class Reader:
    """What an administrator reads of a cluster; a kubeconfig that was written anew is read anew."""

    def __init__(self, kubeconfig: str) -> None:
        self._file = Path(kubeconfig)
        self._read_at = 0
        self._client: client.ApiClient
        self._kinds: dict[str, Kind] = {}

    def get(self, *words: str) -> dict[str, Any]:
        """Return an object, or a list of them.

        Args:
            words: as `kubectl get` takes them: -n NAMESPACE, -A, -l SELECTOR, --sort-by=.metadata.creationTimestamp, a
                kind by any of its names, and a name.

        Raises:
            Refused: see there; Missing where there is no such object.
        """
        asked = _WORDS.parse_args(words)
        kind = self._kind(asked.kind)
        within = f"/namespaces/{asked.n}" if kind.namespaced and not asked.A else ""
        path = "/".join([f"{kind.path}{within}", kind.plural, *([asked.name] if asked.name else [])])
        answer = self._asked(path, {"labelSelector": asked.l} if asked.l else {})
        for item in answer.get("items", [answer]):  # each by itself, and without who set which field
            item.setdefault("apiVersion", answer["apiVersion"])
            item.setdefault("kind", answer["kind"].removesuffix("List"))
            item["metadata"].pop("managedFields", None)
        if asked.sort_by:
            answer["items"].sort(key=lambda item: item["metadata"]["creationTimestamp"])
        return answer

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds:  # a definition may have come since
            self._kinds = {}
            for root in ("/api", "/apis"):
                for group in self._asked(root, {}, _DISCOVERY)["items"]:
                    self._learn(root, group)
        if name not in self._kinds:
            raise Refused(f"the cluster has no kind {name}")
        return self._kinds[name]

    def _learn(self, root: str, group: Mapping[str, Any]) -> None:
        """Take note of the kinds of a group by all their names; the first group that has a name keeps it."""
        about = group["metadata"].get("name", "")
        for version in group["versions"]:
            path = "/".join([root, *([about] if about else []), version["version"]])
            for each in version.get("resources", ()):
                kind = Kind(path, each["resource"], each["scope"] == "Namespaced")
                names = {kind.plural, each.get("singularResource", ""), *each.get("shortNames", ())} - {""}
                for name in names | {f"{kind.plural}.{about}"}:
                    self._kinds.setdefault(name, kind)

    def _asked(self, path: str, query: Mapping[str, str], accept: str = "application/json") -> dict[str, Any]:
        try:
            if (written := self._file.stat().st_mtime_ns) != self._read_at:
                configuration = client.Configuration()
                config.load_kube_config(str(self._file), client_configuration=configuration)
                self._client, self._read_at = client.ApiClient(configuration), written
            request = self._client.param_serialize(
                "GET", path, query_params=list(query.items()), header_params={"Accept": accept},
                auth_settings=["BearerToken"],
            )  # fmt: skip
            answer = self._client.call_api(*request, _request_timeout=_SECONDS)
            data = answer.read()
        except (ApiException, HTTPError, OSError, config.ConfigException) as fault:
            raise Refused(f"get {path}: {fault}") from fault
        if not 200 <= answer.status < 300:
            raise (Missing if answer.status == 404 else Refused)(f"get {path}: {answer.status} {data.decode()[:500]}")
        return json.loads(data)
