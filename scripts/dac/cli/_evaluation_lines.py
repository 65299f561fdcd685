"""The lines that make an evaluation a pipeline: of the project's decisions.yaml, and of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dac.cli._arguments import Misuse
from dac.cli._draft import HEAD
from dac.cli._evaluation_run import Evaluation
from dac.load.document import parse_yaml
from dac.model.quoting import block_text, flow
from dac.write import Change, Kind, write

_CATALOG = "standards/catalog"


@dataclass(frozen=True, slots=True)
class Lines:
    """What has to be written where.

    Attributes:
        evaluation: what was run.
        sha256: of its dataset.
        standard: such as eval-suite@v1.
        project: which it becomes a pipeline of.
        owner: the team that owns a project that is not there yet.
    """

    evaluation: Evaluation
    sha256: str
    standard: str
    project: str
    owner: str

    @property
    def uri(self) -> str:
        """Where the dataset has to be published."""
        return f"s3://{self.project}/{self.evaluation.name}.jsonl"

    @property
    def decisions(self) -> str:
        """Path of the project's decisions.yaml."""
        return f"projects/{self.project}/decisions.yaml"

    def catalog(self) -> dict[str, str]:
        """Return the catalog's new entries, by path."""
        ours, url = self.evaluation, urlsplit(self.evaluation.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        model = {**ours.served, "limit": ours.served["concurrency"]}
        return {
            f"{_CATALOG}/served_models.yaml": _entry(
                ours.name, f"the model {ours.served['model'] or ours.name}", model
            ),
            f"{_CATALOG}/endpoints.yaml": _entry(
                f"model-{ours.name}",
                f"the served model `{ours.name}`",
                {
                    "address": ours.url,
                    "local": ours.url,
                    "slots": 1,
                    "egress": {"cidrs": [], "ports": [port]},
                },
            ),
        }

    def pipeline(self) -> str:
        """Return the pipeline's lines, below `pipelines:`."""
        ours = self.evaluation
        gate: dict[str, Any] = {"margin": ours.margin, **({"floors": dict(ours.floors)} if ours.floors else {})}
        decided = {
            "standard": self.standard,
            "endpoint": ours.name,
            "dataset": f"{self.uri}@sha256:{self.sha256}",
            "metrics": list(ours.metrics),
            "gate": gate,
            "size": ours.size,
            "max_tokens": ours.max_tokens,
            "normalisation": ours.normalisation,
        }
        return f"  {flow(ours.name)}:\n" + "".join(f"    {name}: {flow(value)}\n" for name, value in decided.items())

    def shown(self) -> str:
        """Return all lines with the file that each goes to, as YAML."""
        parts = [f"# {self.decisions}\nowner: {flow(self.owner)}\npipelines:\n{self.pipeline()}"]
        parts += [f"# {path}\n{text}" for path, text in self.catalog().items()]
        return "\n".join(parts)

    def write(self, root: Path) -> list[str]:
        """Write all lines; return the paths.

        Raises:
            Misuse: a name is taken, or a file cannot be added to; nothing was written.
        """
        files = {path: _appended(root, path, text, ()) for path, text in self.catalog().items()}
        if (root / self.decisions).exists():
            files[self.decisions] = _appended(root, self.decisions, self.pipeline(), ("pipelines",))
        else:
            text = f"{HEAD}\nowner: {flow(self.owner)}\npipelines:\n{self.pipeline()}"
            files[self.decisions] = text.encode()
        changes = [Change(path, Kind.DIFFERENT if (root / path).exists() else Kind.MISSING) for path in files]
        write(sorted(changes), files, root)
        return sorted(files)


def _entry(name: str, summary: str, facts: Mapping[str, Any]) -> str:
    """Return an entry of a catalog file."""
    lines = {"summary": summary, **facts}
    return f"{block_text(name)}:\n" + "".join(f"  {key}: {flow(value)}\n" for key, value in lines.items())


def _appended(root: Path, path: str, text: str, under: tuple[str, ...]) -> bytes:
    """Return a file with lines at its end.

    Args:
        root: the tree.
        path: relative to it.
        text: the lines.
        under: the key that they belong below; it must be the file's last.

    Raises:
        Misuse: the file cannot be read, has the name already, or ends with another key.
    """
    data = (root / path).read_bytes()
    data += b"" if data.endswith(b"\n") else b"\n"
    document, findings = parse_yaml(data, path)
    added, _ = parse_yaml(text.encode(), path)
    if document is None or added is None or findings or not isinstance(document.data, dict):
        raise Misuse(f"{path} cannot be read, so nothing was written; run: dac check", *map(str, findings))
    place = document.data.get(under[0]) if under else document.data
    if not isinstance(place, dict) or (under and list(document.data)[-1] != under[0]):
        raise Misuse(f"{path}: `{under[0]}` is not its last key; add the lines by hand", *text.splitlines())
    if taken := [name for name in added.data if name in place]:
        raise Misuse(f"{path} has {taken[0]} already; choose another name with --name")
    return data + text.encode()
