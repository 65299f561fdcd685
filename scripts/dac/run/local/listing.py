"""A `data` template: the keys below an artifact's own, through expressions (argoexec data)."""

from __future__ import annotations

from dac.run.argo import gojson
from dac.run.argo.expression import ExpressionError, Expressions
from dac.run.argo.location import listed_place
from dac.run.argo.node import JSON
from dac.run.argo.pods import PodResult
from dac.run.local.sandbox import contained
from dac.run.local.store import Store

_SOURCE = "unable to process data source: unable to source artifact paths"


class Listing:
    """The listing of one node under way."""

    def __init__(self, node: str, data: JSON, store: Store, expressions: Expressions) -> None:
        self.node, self.data, self.store, self.expressions = node, data, store, expressions
        self.stopped = ""

    async def run(self) -> PodResult:
        """List the keys, and transform them."""
        try:
            value: object = self._keys(self.data.get("source", {}).get("artifactPaths", {}))
            for index, step in enumerate(self.data.get("transformation", [])):
                try:
                    value = self.expressions.evaluate(step["expression"], {"data": value})
                except ExpressionError as error:
                    reason = f"error processing data step {index}: {error}"
                    raise ValueError(f"unable to process data transformation: {reason}") from error
        except (OSError, ValueError) as error:
            message = f"main: Error (exit code 64): unable to process data template: {error}"
            return PodResult(self.node, "Failed", message, {"exitCode": "64"})
        return PodResult(self.node, "Succeeded", "", {"result": gojson.dumps(value), "exitCode": "0"})

    async def end(self, reason: str) -> None:
        """Note why the run has no use for it; it takes no time."""
        self.stopped = reason

    def _keys(self, artifact: JSON) -> list[str]:
        """Return the keys of every object below the artifact's, as a bucket lists them.

        Raises:
            ValueError: There is none, nor the key itself.
            OSError: It leads out of the state folder, or cannot be read.
        """
        place = listed_place(artifact)
        if place is None:
            raise ValueError("unable to process data source: no valid source is used for data template")
        if not place[0]:  # no default repository stands in for it here
            raise ValueError(f"{_SOURCE}: failed to list directory: Bucket name cannot be empty")
        bucket = self.store.bucket(place[0])
        folder = bucket / place[1]
        if not contained(folder, self.store.objects):
            raise PermissionError(f"its key {place[1]!r} leads out of {self.store.objects}")
        keys = sorted(file.relative_to(bucket).as_posix() for file in folder.rglob("*") if file.is_file())
        if not keys and not folder.exists():
            raise ValueError(f"{_SOURCE}: no key found of name {place[1]}")
        return keys
