"""Reads standards/: the catalog, each standard's folder, the platform's own manifests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from dac.load.derivation import VersionedFiles
from dac.load.document import load_document, parse_documents, read
from dac.load.envelope_fit import fits_standard
from dac.load.migrations import load_migration
from dac.load.owners import load_owned
from dac.model import Catalog, Document, Finding, Location, Parameter, Standard, StandardRef, beyond
from dac.model.entry import irregular
from dac.model.words import quoted

_NOT_STANDARDS = {"catalog", "platform"}
_SCHEMA = ".schema.json"


def load_catalog(root: Path) -> tuple[Catalog, list[Finding]]:
    """Every standards/catalog/<kind>.yaml: names to facts; with schemas, and each owner's file of its projects."""
    kinds: dict[str, dict[str, Any]] = {}
    documents: dict[str, Document] = {}
    findings: list[Finding] = []
    for path in sorted((root / "standards" / "catalog").glob("*.yaml")):
        document, new_findings = load_document(path, root, nulls=True)
        findings += new_findings
        if document is None:
            continue
        documents[path.stem] = document
        if isinstance(document.data, dict):
            kinds[path.stem] = document.data
        else:
            findings.append(
                Finding(document.at(()), "catalog.wrong_type", "a catalog maps names to facts", "write NAME: {facts}")
            )
    owned, new_findings = load_owned(root, documents.get("owners"))
    documents |= {f"owners/{owner}": document for owner, document in owned.items()}
    findings += new_findings
    schemas, new_findings = _load_schemas(root)
    return Catalog(kinds, documents, schemas), findings + new_findings


def _load_schemas(root: Path) -> tuple[dict[str, Any], list[Finding]]:
    schemas: dict[str, Any] = {}
    findings: list[Finding] = []
    for path in sorted((root / "standards" / "catalog").glob(f"*{_SCHEMA}")):
        file = path.relative_to(root).as_posix()
        data, new_findings = read(path, file)
        findings += new_findings
        if data is None:
            continue
        try:
            schemas[path.name.removesuffix(_SCHEMA)] = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            place = Location(file, error.lineno, error.colno)
            findings.append(Finding(place, "catalog.schema", f"invalid JSON: {error.msg}", "fix the file"))
    return schemas, findings


def load_standards(root: Path) -> tuple[dict[StandardRef, Standard], frozenset[StandardRef], list[Finding]]:
    """Every standards/<name>/<version>/ that could be read, the references of those that could not, the findings."""
    standards: dict[StandardRef, Standard] = {}
    broken: set[StandardRef] = set()
    findings: list[Finding] = []
    files = VersionedFiles(root)
    for path in sorted((root / "standards").glob("*/v*/standard.yaml")):
        ref = StandardRef(path.parent.parent.name, path.parent.name)
        if ref.name in _NOT_STANDARDS:
            continue
        standard, new_findings = _load_standard(files, ref)
        findings += new_findings
        if standard is None:
            broken.add(ref)
        else:
            standards[ref] = standard
    return standards, frozenset(broken), findings


def _load_standard(files: VersionedFiles, ref: StandardRef) -> tuple[Standard | None, list[Finding]]:
    document, findings = files.load(ref, "standard.yaml")
    template, new_findings = files.load(ref, "template.yaml")
    findings = findings + new_findings
    if document is not None and not fits_standard(document.data):
        from dac.load.envelope import StandardEnvelope
        from dac.load.envelope_findings import envelope_findings

        findings += beyond(findings, envelope_findings(StandardEnvelope, document, "standard", {}))
    if document is not None and not findings:
        findings += _folder_findings(document, ref)
    migration, new_findings = load_migration(files, ref)
    findings += new_findings
    if document is None or template is None or findings:
        return None, findings
    return replace(_standard(document, template, ref), migration=migration), []


def _folder_findings(document: Document, ref: StandardRef) -> list[Finding]:
    return [
        Finding(
            document.at((key,) if document.file_of((key,)) == document.file else ()),
            "standard.folder",
            f"{quoted(key)} is {quoted(document.data[key])} in the folder {ref.name}/{ref.version}",
            f"write {expected}, or rename the folder",
        )
        for key, expected in (("name", ref.name), ("version", ref.version))
        if document.data[key] != expected
    ]


def _standard(document: Document, template: Document, ref: StandardRef) -> Standard:
    data = document.data
    parameters = {
        name: Parameter(name, facts["value"], facts["pattern"], facts["description"], facts.get("by_hand", False))
        for name, facts in data["parameters"].items()
    }
    return Standard(
        ref=ref,
        folder=f"standards/{ref.name}/{ref.version}",
        summary=data["summary"],
        decisions=data["decisions"],
        parameters=parameters,
        schedule=data["schedule"],
        limits=data["limits"],
        document=document,
        template=template,
        service_account=data["service_account"],
        checks=tuple(data.get("checks", ())),
        estimate=data.get("estimate", {}),
    )


def load_observability(root: Path) -> dict[str, str]:
    """Each file of standards/platform/observability: its name -> its text."""
    folder = root / "standards" / "platform" / "observability"
    files = [path for path in sorted(folder.glob("*.*")) if not irregular(path, root)]
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def load_platform(root: Path) -> tuple[dict[str, list[Document]], list[Finding]]:
    """Each YAML file under standards/platform but those that are rendered: path -> its documents."""
    documents: dict[str, list[Document]] = {}
    findings: list[Finding] = []
    for path in sorted((root / "standards" / "platform").rglob("*.yaml")):
        file = path.relative_to(root).as_posix()
        if "/rendered/" in file:
            continue  # what stands there is compared by `dac render --check`, byte by byte
        data, new_findings = read(path, file)
        findings += new_findings
        if data is not None:
            documents[file], new_findings = parse_documents(data, file)
            findings += new_findings
    return documents, findings
