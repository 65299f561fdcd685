"""How many public workflow files `dac run` accepts, and what the others are refused for.

    python tests/bench/field.py FOLDER...

Each folder holds one repository's files. A file counts where its YAML can be read and it holds a workflow of any kind.
Counted five ways, each with what the one before it gives: as it is; with `--resume` and a command for each image
(`--command`); with what it refers to of the repository's own templates and ConfigMaps (`-f FOLDER`); with
`--dry-run-resources`; and with the arguments, the entrypoint and the outputs that the refusal asks for (`-p`,
`--entrypoint`, `--supply`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from dac import run
from dac.cli._workflow_files import referred
from dac.model import Document, Finding
from dac.run.argo.controller import utc_now
from dac.run.argo.fields import HELD, KINDS

WAYS = ("as it is", "commands", "companions", "dry run", "arguments", "refused by Argo too")
TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate", *HELD)


# What the controller would take, and this machine has no way to do; everything else is refused by Argo 4 too.
OWN = ("run.unsupported_field", "run.no_command", "run.own_command", "run.path", "run.supply", "run.unknown_function",
       "run.waits")  # fmt: skip


class AnyAnswer(run.Answers):
    """Answers to whatever is asked, as `--supply` gives them."""

    def value(self, template: Mapping[str, object], name: str) -> str | None:
        return "given"


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


def findings(
    documents: Sequence[Document],
    images: run.Images,
    answers: run.Answers,
    given: Sequence[str] = (),
    entrypoint: str = "",
) -> list[Finding]:
    """Return what a file and its companions are refused for."""
    try:
        parameters = dict.fromkeys(given, "given")
        source = run.assemble(documents, utc_now(), entrypoint=entrypoint, parameters=parameters)
    except run.Refused as refused:
        return refused.findings
    return run.refusals(source, documents, images, answers)


def with_arguments(documents: Sequence[Document], images: run.Images) -> list[Finding]:
    """Return what a file is refused for with everything given that its refusal asks for."""
    answers, given, entrypoint = AnyAnswer(resume=True, dry_run=True), set[str](), ""
    while True:
        reasons = findings(documents, images, answers, sorted(given), entrypoint)
        asked = " ".join(finding.remedy for finding in reasons)
        names = set(re.findall(r"-p ([-\w]+)=VALUE", asked))
        start = re.search(r"--entrypoint NAME: ([-\w]+)", asked)
        if names <= given and (entrypoint or not start):
            return reasons
        given |= names
        entrypoint = entrypoint or (start[1] if start else "")


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
            ways = accepted(documents, library)
            counts[folder.name].update(["files", *(way for way, reasons_of_way in ways.items() if not reasons_of_way)])
            last = {shape(finding) for finding in ways["arguments"]}
            if last and not any(reason.startswith(OWN) for reason in last):
                counts[folder.name].update(["refused by Argo too"])
            reasons.update(last)
            alone.update(last if len(last) == 1 else ())
            for reason in last:
                examples.setdefault(reason, []).append(str(path))
    report(counts, reasons, alone, examples)


def accepted(documents: list[Document], library: dict[tuple[str, str], Document]) -> dict[str, list[Finding]]:
    bare, host = run.Images(None, Path("/"), True), AnyCommand(None, Path("/"), True)
    beside = [*documents, *referred(documents, {key: [document] for key, document in library.items()})]
    return {
        "as it is": findings(documents, bare, run.Answers()),
        "commands": findings(documents, host, run.Answers(resume=True)),
        "companions": findings(beside, host, run.Answers(resume=True)),
        "dry run": findings(beside, host, run.Answers(resume=True, dry_run=True)),
        "arguments": with_arguments(beside, host),
    }


def report(
    counts: dict[str, Counter[str]], reasons: Counter[str], alone: Counter[str], examples: dict[str, list[str]]
) -> None:
    total = sum(counts.values(), Counter[str]())
    for folder, count in [*counts.items(), ("all", total)]:
        shares = [f"{way} {count[way] / count['files']:.1%}" for way in WAYS]
        print(f"{folder:36} {count['files']:5} files  {'  '.join(shares)}")
    print("\nfiles  alone  reason, with all five ways together")
    for reason, number in reasons.most_common():
        print(f"{number:5}  {alone[reason]:5}  {reason}\n                 {examples[reason][0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
