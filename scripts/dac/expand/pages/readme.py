"""A standard's README: what can be decided, what runs, every default; from standard.yaml and the rendered template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dac.expand.fields import fields_of
from dac.expand.pages.picture import mermaid
from dac.expand.pages.template_fields import POD_COLUMNS, facts_of_pods, flattened, shortened
from dac.model import Manifest, Standard
from dac.model.quoting import flow
from dac.model.words import plural

_HEADER = "<!-- Rendered by dac render from standard.yaml, template.yaml and standards/catalog; edit those instead. -->"
_CHOSEN = re.compile(r"\{\{=toJson\((.*)\[workflow\.parameters\.size\]\)\}\}", re.DOTALL)
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}


def readme(standard: Standard, manifest: Manifest, sizes: Mapping[str, Any], newer: Standard | None = None) -> bytes:
    """Return the file's bytes.

    Args:
        standard: what it is about.
        manifest: its rendered.yaml.
        sizes: the catalog's, in the order in which they are shown.
        newer: the version that its pipelines can move to.
    """
    spec = manifest.objects[0]["spec"]
    parts = [
        f"# {standard.ref}\n\n{_HEADER}\n\n{standard.summary[:1].upper()}{standard.summary[1:]}.",
        _newer(newer),
        "## What is decided\n\n" + _decisions(standard),
        "In a project's `decisions.yaml`:\n\n```yaml\n" + _example(standard) + "```",
        _leverage(standard, manifest),
        "## What runs\n\n" + mermaid(spec),
        _steps(spec),
        "## What a size means\n\n" + _sizes(spec, sizes),
        "## Arguments\n\nWhat the template is given, and what policy and the cluster's admission hold it to.\n\n"
        + _arguments(standard, spec),
        "## Limits\n\nWhat policy holds every pipeline of this standard to.\n\n"
        + _table(("limit", "value"), [(f"`{k}`", _code(v)) for k, v in standard.limits.items()]),
        "## Defaults\n\n" + _details("Of the workflow", flattened(_without(spec, "templates", "arguments"))),
        _pod_defaults(spec),
        "What changed, and when, stands in [CHANGELOG.md](CHANGELOG.md).",
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _newer(newer: Standard | None) -> str:
    if newer is None or newer.migration is None:
        return ""
    return (
        f"[{newer.ref.version}](../{newer.ref.version}/README.md) is newer, and this version goes on beside it. "
        f"`dac migrate PROJECT` moves a pipeline there: {newer.migration.means}."
    )


def _leverage(standard: Standard, manifest: Manifest) -> str:
    """Say how many fields the template has for each decision that must be made: what a team does not write."""
    fields = fields_of(manifest.objects[0])
    needed = len(standard.decisions.get("required", [])) + 1  # and `standard` itself
    most = len(standard.decisions.get("properties", {})) + 1
    return (
        f"Those {plural(needed, 'line')} stand for the {fields} fields of the template, {round(fields / needed)} each; "
        f"{plural(most, 'line')} can decide everything. "
        "`dac why PROJECT/PIPELINE` says of each field where it comes from."
    )


def _decisions(standard: Standard) -> str:
    head = ("decision", "meaning", "type", "default", "example", "a change of it changes")
    return _table(head, _decided(standard.decisions, ""))


def _decided(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    """Return a row for each decision, followed by those within it if it is a mapping."""
    required = set(schema.get("required", []))
    for name, part in schema.get("properties", {}).items():
        default = "required" if name in required else _code(part["default"]) if "default" in part else "none"
        examples = ", ".join(_code(example) for example in part.get("examples", []))
        what = _sentence(part.get("description", ""))
        yield f"`{prefix}{name}`", what, _type(part), default, examples, _sentence(part.get("x-changes", ""))
        if part.get("type") == "object":
            yield from _decided(part, f"{prefix}{name}.")


def _type(schema: Mapping[str, Any]) -> str:
    if "x-catalog" in schema:
        kind = schema["x-catalog"]
        also = ", or an address" if "x-address" in schema else ""
        if kind == "schedules":
            also = ", a cron line, or `{cron, timezone}`"
        return f"a name in [{kind}](../../catalog/{kind}.yaml){also}"
    if "enum" in schema:
        return " or ".join(_code(value) for value in schema["enum"])
    if schema.get("type") == "object":
        inner = ", ".join(schema.get("properties", {}))
        return f"`{{{inner}}}`" if inner else "mapping"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return _TYPES.get(str(schema.get("type")), "value")


def _example(standard: Standard) -> str:
    lines = ["pipelines:", "  example:", f"    standard: {standard.ref}"]
    for name, schema in standard.decisions.get("properties", {}).items():
        samples = [*schema.get("examples", []), *schema.get("enum", [])]
        if name in standard.decisions.get("required", []) and samples:
            lines.append(f"    {name}: {flow(samples[0])}")
    return "\n".join(lines) + "\n"


def _steps(spec: Mapping[str, Any]) -> str:
    rows = [facts_of_pods(template) for template in spec["templates"] if "container" in template]
    return _table(POD_COLUMNS, rows)


def _sizes(spec: Mapping[str, Any], sizes: Mapping[str, Any]) -> str:
    rows = [row for name in sizes for template in spec["templates"] for row in _sized(name, template, sizes)]
    return _table(("size", "step", "at once", "cpu", "memory", "GPU", "scratch space", "deadline"), rows)


def _sized(size: str, template: Mapping[str, Any], sizes: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each container of the template that the size changes."""
    patch = _by_size(template.get("podSpecPatch")).get(size) or {}
    deadline = _by_size(template.get("activeDeadlineSeconds")).get(size)
    work: Mapping[str, Any] = next((v for v in patch.get("volumes", []) if v["name"] == "work"), {})
    for container in patch.get("containers", []):
        limits = container.get("resources", {}).get("limits", {})
        main = container["name"] == "main"
        yield (
            f"`{size}`",
            f"`{template['name']}`" if main else f"`{template['name']}`, `{container['name']}`",
            _at_once(size, template, sizes),
            *(str(limits.get(name, "0")) for name in ("cpu", "memory", "nvidia.com/gpu")),
            _scratch(work),
            f"{deadline} s" if deadline else "",
        )


def _at_once(size: str, template: Mapping[str, Any], sizes: Mapping[str, Any]) -> str:
    """How many of the pod run at once in a namespace, where a semaphore of the size says so."""
    for semaphore in template.get("synchronization", {}).get("semaphores", []):
        role, _, by = semaphore["configMapKeyRef"]["key"].partition("-{{")
        if by == "workflow.parameters.size}}":
            return str(sizes[size]["pods"][role]["parallelism"])
    return ""


def _by_size(expression: Any) -> dict[str, Any]:
    match = _CHOSEN.fullmatch(expression) if isinstance(expression, str) else None
    values: dict[str, Any] = json.loads(match[1]) if match else {}
    return values


def _scratch(volume: Mapping[str, Any]) -> str:
    if "ephemeral" in volume:
        claim = volume["ephemeral"]["volumeClaimTemplate"]["spec"]
        return f"{claim['resources']['requests']['storage']} on a volume of its own"
    return f"{volume.get('emptyDir', {}).get('sizeLimit', '')} on the node" if volume else ""


def _arguments(standard: Standard, spec: Mapping[str, Any]) -> str:
    defaults = {p["name"]: p.get("value", "") for p in spec["arguments"]["parameters"]}
    rows = [
        (f"`{name}`", _sentence(p.description), _code(p.value), _code(p.pattern), _code(defaults.get(name, "")))
        for name, p in standard.parameters.items()
    ]
    return _table(("argument", "meaning", "from", "pattern", "default"), rows)


def _pod_defaults(spec: Mapping[str, Any]) -> str:
    """Show once what all pods share, then what each has of its own."""
    pods = {t["name"]: flattened(_without(t, "name")) for t in spec["templates"] if "container" in t}
    if not pods:
        return ""
    first = next(iter(pods.values()))
    common = {path: value for path, value in first.items() if all(p.get(path) == value for p in pods.values())}
    parts = [_details("Of every pod", common)]
    for name, pod in pods.items():
        own = {path: value for path, value in pod.items() if path not in common}
        parts.append(_details(f"Of {name}", own))
    return "\n\n".join(parts)


def _details(title: str, pairs: Mapping[str, Any]) -> str:
    return f"<details><summary>{title}</summary>\n\n" + _pairs(pairs) + "\n\n</details>"


def _pairs(pairs: Mapping[str, Any]) -> str:
    return _table(("field", "value"), [(f"`{path}`", _code(shortened(value))) for path, value in pairs.items()])


def _without(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in names}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell for cell in line) + " |" for line in lines)


def _code(value: Any) -> str:
    """Format a value as code within a table's cell."""
    if value == "":
        return "empty"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split()).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _sentence(text: str) -> str:
    return text.replace("|", "\\|")
