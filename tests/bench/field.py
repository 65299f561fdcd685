"""How many public workflow files `dac run` accepts, and what the others are refused for.

    python tests/bench/field.py FOLDER...

Each folder holds one repository's files. A file counts where its YAML can be read and it holds a workflow of any kind.
Counted three ways: as it is; with `--resume` and a command for each image (`--command`); and with the repository's own
templates and ConfigMaps beside it (`-f`) too.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from dac import run
from dac.model import Document, Finding
from dac.run.argo.controller import utc_now
from dac.run.argo.fields import HELD, KINDS

TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate", *HELD)


class AnyCommand(run.Images):
    """Images that each have a command, as `--command IMAGE=true` gives it."""

    def entrypoint(self, image: str) -> list[str]:
        return ["true"]


def kind(document: Document) -> str:
    data = document.data
    return str(data.get("kind", "")) if isinstance(data, dict) else ""


def name(document: Document) -> tuple[str, str]:
    metadata = document.data.get("metadata")
    return kind(document), str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def findings(documents: Sequence[Document], images: run.Images, answers: run.Answers, own: str) -> list[Finding]:
    """Return what a file is refused for; of its companions' faults, only where it has none itself."""
    try:
        source = run.assemble(documents, utc_now())
    except run.Refused as refused:
        reasons = refused.findings
    else:
        reasons = run.refusals(source, documents, images, answers)
    return [finding for finding in reasons if finding.location.file == own]


def shape(finding: Finding) -> str:
    """Return a finding's message without what is the file's own."""
    message = re.sub(r"\[\d+\]", "[]", finding.message)
    if finding.code in ("run.unsupported_field", "run.unknown_field", "run.missing_field", "run.wrong_type"):
        message = re.sub(r'"?[\w.\[\]]*\b(\w+)(\[\])?"', r'"\1"', message)
    else:
        message = re.sub(r"'[^']*'|\"[^\"]*\"", "_", message)
    return f"{finding.code}: {message[:110]}"


def main(folders: list[str]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons, alone = Counter[str](), Counter[str]()
    examples: dict[str, list[str]] = {}
    for folder in map(Path, folders):
        files = {}
        for path in sorted(folder.rglob("*.y*ml")):
            documents, _ = run.documents(path.read_text(errors="replace"), str(path))
            if any(
                kind(document) in KINDS and "argoproj.io" in str(document.data.get("apiVersion"))
                for document in documents
            ):
                files[path] = documents
        library = {name(d): d for documents in files.values() for d in documents if kind(d) in TEMPLATES}
        for path, documents in files.items():
            ways = accepted(documents, str(path), library)
            counts[folder.name].update(["files", *(way for way, reasons_of_way in ways.items() if not reasons_of_way)])
            last = {shape(finding) for finding in ways["companions"]}
            reasons.update(last)
            alone.update(last if len(last) == 1 else ())
            for reason in last:
                examples.setdefault(reason, []).append(str(path))
    report(counts, reasons, alone, examples)


def accepted(documents: list[Document], own: str, library: dict[tuple[str, str], Document]) -> dict[str, list[Finding]]:
    bare, host = run.Images(None, Path("/"), True), AnyCommand(None, Path("/"), True)
    mine = {name(document) for document in documents}
    beside = [document for key, document in library.items() if key not in mine]
    return {
        "as it is": findings(documents, bare, run.Answers(), own),
        "commands": findings(documents, host, run.Answers(resume=True), own),
        "companions": findings([*documents, *beside], host, run.Answers(resume=True), own),
    }


def report(
    counts: dict[str, Counter[str]], reasons: Counter[str], alone: Counter[str], examples: dict[str, list[str]]
) -> None:
    total = sum(counts.values(), Counter[str]())
    for folder, count in [*counts.items(), ("all", total)]:
        shares = [f"{way} {count[way] / count['files']:.1%}" for way in ("as it is", "commands", "companions")]
        print(f"{folder:36} {count['files']:5} files  {'  '.join(shares)}")
    print("\nfiles  alone  reason, with all three ways together")
    for reason, number in reasons.most_common():
        print(f"{number:5}  {alone[reason]:5}  {reason}\n                 {examples[reason][0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
