"""A decisions.yaml in the making."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dac.load import load_credentials, project_of
from dac.model import Finding, Project, Repository, Standard
from dac.model.quoting import flow
from dac.model.words import article_list

HEAD = "# yaml-language-server: $schema=../../standards/decisions.schema.json"  # of a decisions.yaml, for editors


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new project's file is to hold.

    Attributes:
        project: the folder's name.
        owner: the team.
        pipeline: name of its one pipeline.
        standard: what the pipeline is.
        repository: the tree.
        decisions: what was decided.
    """

    project: str
    owner: str
    pipeline: str
    standard: Standard
    repository: Repository
    decisions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it goes, relative to the root."""
        return f"projects/{self.project}/decisions.yaml"

    def decided(self, ask: Callable[[str, str], str]) -> Draft:
        """Return the draft with an answer to each decision that has to be made."""
        answers = {}
        for name in self._required():
            schema = self.standard.decisions["properties"][name]
            example = self._example(schema)
            answer = ask(self._question(name, schema), example if isinstance(example, str) else json.dumps(example))
            answers[name] = answer if isinstance(example, str) else _value(answer)
        return replace(self, decisions=answers)

    def text(self) -> bytes:
        """Return the file's bytes: what was decided, and as comments what else can be."""
        lines = [
            HEAD,
            f"# What can be decided: dac standards {self.standard.ref}",
            f"owner: {flow(self.owner)}",
            "pipelines:",
            f"  {flow(self.pipeline)}:",
            f"    standard: {self.standard.ref}",
            *(f"    {name}: {flow(value)}" for name, value in self.decisions.items()),
        ]
        optional = [name for name in self.standard.decisions.get("properties", {}) if name not in self.decisions]
        if optional:
            lines.append("    # Decided by the standard unless you do:")
        for name in optional:
            schema = self.standard.decisions["properties"][name]
            about = f" # {schema['description']}" if "description" in schema else ""
            lines.append(f"    # {name}: {flow(schema.get('default', self._example(schema)))}{about}")
        return ("\n".join(lines) + "\n").encode()

    def load(self) -> tuple[Project | None, list[Finding]]:
        """Return the file as `dac check` would read it."""
        return project_of(self.project, self.text(), self.path, load_credentials(self.repository.root))

    def _required(self) -> list[str]:
        required = self.standard.decisions.get("required", [])
        return [name for name in self.standard.decisions.get("properties", {}) if name in required]

    def _example(self, schema: Mapping[str, Any]) -> Any:
        """Return a value that passes: the default, an example, the first of what can be chosen."""
        if "default" in schema:
            return schema["default"]
        if schema.get("examples"):
            return schema["examples"][0]
        names = self.repository.catalog.kinds.get(schema.get("x-catalog", ""), {})
        return next(iter([*schema.get("enum", []), *names]), "")

    def _question(self, name: str, schema: Mapping[str, Any]) -> str:
        names = schema.get("enum") or self.repository.catalog.kinds.get(schema.get("x-catalog", ""), {})
        about = f": {schema['description']}" if "description" in schema else ""
        return f"{name}{about}" + (f" ({article_list(map(str, names))})" if names else "")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
