"""What rules read of manifests: gathered by whoever rendered them, so that a large tree's need not be kept.

An object that says the same as an earlier one, but for metadata and the project's name, is judged once. So of most of
what a namespace holds no more is left than where it stands. Of metadata rules read a Namespace's labels, which are held
against those of others too, and the cloud identity of a ServiceAccount, which is read of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from dac.model import Manifest
from dac.model.schedule import firing_interval

# Kinds that rules sum up over an owner's projects.
SUMMED = frozenset(["CronWorkflow", "ResourceQuota"])
_OF_EACH = {"bytes", "identity"}  # facts that rules read of every object that has them
LARGE = 100_000  # bytes from which on a rule may refuse an object; of others no rule asks how large they are
_Place = tuple[str, str, str | None, str | None]  # kind, path in the project's folder, name, namespace; None: its name


@dataclass(slots=True)
class ManifestFacts:
    """What rules read of some manifests.

    Attributes:
        entries: in the manifests' order, as in the document but that `object` is JSON.
        digests: of what each entry says, but for the project's name.
        repeats: where an object stands that says the same as an earlier one -> the projects in which it does.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    repeats: dict[_Place, list[str]] = field(default_factory=dict)


def gathered(manifests: Iterable[Manifest], identity: str) -> ManifestFacts:
    """Return what rules read of manifests.

    Args:
        manifests: what was rendered.
        identity: the annotation by which a ServiceAccount bears a cloud identity; empty where the catalog names none.
    """
    facts, seen = ManifestFacts(), set[bytes]()
    for manifest in manifests:
        for each in manifest.objects:
            _add(facts, manifest, each, identity, seen)
    return facts


def joined(parts: Sequence[ManifestFacts]) -> ManifestFacts:
    """Return the facts of all parts, in their order, where each was gathered by itself."""
    whole, seen = ManifestFacts(), set[bytes]()
    for part in parts:
        for place, projects in part.repeats.items():
            whole.repeats.setdefault(place, []).extend(projects)
        for entry, digest in zip(part.entries, part.digests, strict=True):
            repeats = digest in seen
            seen.add(digest)
            kind = entry["kind"]
            if repeats and kind not in SUMMED and entry["project"] and not entry.keys() & _OF_EACH:
                whole.repeats.setdefault(_place(entry), []).append(entry["project"])
                continue
            if repeats and kind in SUMMED:
                entry["repeats"] = True
            elif repeats:
                entry.pop("object", None)
            whole.entries.append(entry)
            whole.digests.append(digest)
    return whole


def alike(place: _Place, projects: Sequence[str]) -> dict[str, Any]:
    """Return the entry of what stands in the same place in several projects: the first's, which names the others."""
    first, *others = projects
    kind, path, name, namespace = place
    entry: dict[str, Any] = {
        "path": f"projects/{first}/{path}",
        "project": first,
        "kind": kind,
        "name": first if name is None else name,
        "namespace": first if namespace is None else namespace,
    }
    return {**entry, "also": others} if others else entry


def _add(facts: ManifestFacts, manifest: Manifest, each: Mapping[str, Any], identity: str, seen: set[bytes]) -> None:
    metadata, kind = each.get("metadata", {}), each.get("kind", "")
    entry: dict[str, Any] = {
        "path": manifest.path,
        "project": manifest.project,
        "kind": kind,
        "name": metadata.get("name", ""),
        "namespace": metadata.get("namespace", ""),
    }
    labels = {"labels": metadata.get("labels", {})} if kind == "Namespace" else {}
    content = orjson.dumps({**{key: value for key, value in each.items() if key != "metadata"}, **labels})
    if manifest.project:
        content = content.replace(manifest.project.encode(), b"\0")
    digest = blake2b(content, digest_size=16).digest()
    repeats = digest in seen
    seen.add(digest)
    role = metadata.get("annotations", {}).get(identity) if kind == "ServiceAccount" else None
    if repeats and manifest.project and kind not in SUMMED and not role and len(content) <= LARGE:
        facts.repeats.setdefault(_place(entry), []).append(manifest.project)
        return
    if kind in SUMMED or (kind != "ClusterWorkflowTemplate" and not repeats):
        entry["object"] = bytes(bytearray(orjson.dumps(each)))  # a copy, since orjson's own takes 4 KiB at least
        if repeats:
            entry["repeats"] = True
    if role:
        entry["identity"] = role
    if kind == "CronWorkflow" and (interval := firing_interval(_schedules(each))) is not None:
        entry["interval_minutes"] = interval
    entry |= labels
    if len(content) > LARGE:
        entry["bytes"] = len(content) + len(orjson.dumps(metadata))
    facts.entries.append(entry)
    facts.digests.append(digest)


def _place(entry: Mapping[str, Any]) -> _Place:
    project = entry["project"]
    name, namespace = (None if entry[key] == project else str(entry[key]) for key in ("name", "namespace"))
    return entry["kind"], entry["path"].removeprefix(f"projects/{project}/"), name, namespace


def _schedules(cron_workflow: Mapping[str, Any]) -> list[str]:
    schedules = cron_workflow.get("spec", {}).get("schedules", [])
    return [str(line) for line in schedules] if isinstance(schedules, list) else []
