"""Reads what runs on this machine left: their records in the state folder, and their receipts."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from dac.model.printing import log_lines
from dac.model.receipt import NotAReceipt, parse_receipt
from dac.model.run_record import UNKNOWN, RunRecord, StepRecord, moment, of_receipt
from dac.run.local.run_folder import LIMIT, first_event, is_running, owner, record_in

_TAIL = 2**20  # bytes of a log's end that are read
_TIME = re.compile(r"-(\d{14})-[0-9a-f]{4}$")  # in the name of a run that has no other
_GONE = ".gone"


class History:
    """The runs that a machine has kept.

    Args:
        state: the state folder, `.dac` unless another was named.
        receipts: the folder in which <project>/<pipeline>/receipts lie; None where it is none of this machine.
        unread: why no receipts are read, where there is no such folder.
    """

    def __init__(self, state: Path, receipts: Path | None, unread: str = "") -> None:
        self.state, self._receipts, self._unread = state, receipts, unread

    @cached_property
    def _folders(self) -> dict[tuple[str, str], list[Path]]:
        """The folders of runs by project and pipeline; both are empty where they are not known."""
        folders: dict[tuple[str, str], list[Path]] = {}
        for folder in _listed(self.state / "runs"):
            if folder.is_dir() and not folder.name.startswith("."):
                folders.setdefault(owner(folder), []).append(folder)
        return folders

    def names(self) -> list[str]:
        """Return the names of all runs that have a record."""
        return sorted(folder.name for folders in self._folders.values() for folder in folders)

    def owners(self) -> list[tuple[str, str]]:
        """Return the projects and pipelines of which there are records, those that no pipeline owns left out."""
        return sorted(each for each in self._folders if all(each))

    def runs(self, project: str, pipeline: str, limit: int) -> list[RunRecord]:
        """Return a pipeline's runs, the newest first, at most `limit`; also those of which only a receipt is left."""
        folders = {folder.name: folder for folder in self._folders.get((project, pipeline), [])}
        receipts = self._receipt_files(project, pipeline)
        newest = sorted({**receipts, **folders}.items(), key=lambda item: (_begun(item[1]), item[0]), reverse=True)
        records = []
        for name, path in newest[:limit]:
            record = record_in(path) if name in folders else RunRecord(project, pipeline, name, UNKNOWN)
            record = self._with_receipt(record, receipts.get(name))
            # One that cannot be read is as old as its file: it is not the newest forever.
            dated = record.started or record.active
            records.append(record if dated else replace(record, started=_begun(path)))
        return sorted(records, key=lambda record: record.order, reverse=True)

    def find(self, name: str) -> RunRecord | None:
        """Return the run of a name, also one of which only a receipt is left; None where there is none."""
        if name in self.names():
            record = record_in(self.state / "runs" / name)
            return self._with_receipt(record, self._receipt_files(record.project, record.pipeline).get(name))
        for project in _listed(self._receipts):
            for pipeline in _listed(project):
                if path := self._receipt_files(project.name, pipeline.name).get(name):
                    return self._with_receipt(RunRecord(project.name, pipeline.name, name, UNKNOWN), path)
        return None

    def process(self, name: str) -> int | None:
        """Return the process that runs a run; None where none does."""
        folder = self.state / "runs" / name
        process = first_event(folder).get("process")
        return process if isinstance(process, int) and process > 1 and is_running(folder) else None

    def uid(self, name: str) -> str:
        """Return a run's uid, by which its files are named; empty where its record does not say."""
        return str(first_event(self.state / "runs" / name).get("uid", ""))

    def remove(self, name: str) -> None:
        """Remove a run's record: out of sight first, so that a death leaves no half of one."""
        folder, gone = self.state / "runs" / name, self.state / "runs" / f".{name}{_GONE}"
        folder.rename(gone)
        shutil.rmtree(gone)

    def remove_halves(self) -> None:
        """Remove what a removal that died has left out of sight."""
        for folder in _listed(self.state / "runs"):
            if folder.name.startswith(".") and folder.name.endswith(_GONE):
                shutil.rmtree(folder)

    def _receipt_files(self, project: str, pipeline: str) -> dict[str, Path]:
        """Return the receipts of a pipeline, by the run's name."""
        if self._receipts is None or not project or not pipeline:
            return {}
        files = _listed(self._receipts / project / pipeline / "receipts")
        return {path.stem: path for path in files if path.suffix == ".json" and path.is_file()}

    def _with_receipt(self, record: RunRecord, path: Path | None) -> RunRecord:
        """Return a run with its receipt, which says how a run went that has no record."""
        if path is None:
            lacks = bool(self._unread and record.pipeline and not record.active)
            return replace(record, problems=(*record.problems, self._unread)) if lacks else record
        try:
            with path.open("rb") as file:
                receipt = parse_receipt(file.read(LIMIT))
        except (OSError, NotAReceipt) as error:
            return replace(record, problems=(*record.problems, f"receipt {path.name}: {error}"))
        return of_receipt(record, receipt)


def tail(step: StepRecord, lines: int | None) -> tuple[str, ...] | None:
    """Return the last lines of a step's log, or all of them; None where there is no log."""
    try:
        with Path(step.log).open("rb") as file:
            if lines is not None:
                file.seek(max(0, file.seek(0, 2) - _TAIL))
            return log_lines(file.read().decode("utf-8", "replace"))[-(lines or 0) :]
    except OSError:
        return None


def _listed(folder: Path | None) -> Iterator[Path]:
    """Yield what lies in a folder; nothing where there is none, and never silence where it may not be read."""
    try:
        for name in os.listdir(folder) if folder else ():
            yield Path(folder or "", name)
    except (FileNotFoundError, NotADirectoryError):
        return


def _begun(path: Path) -> datetime:
    """Return when a run began, as its first event or its name says, or when its file was written.

    A file that was copied or brought back from a backup is of that day.
    """
    written = moment(first_event(path).get("time")) if path.is_dir() else None
    if written:
        return written
    try:
        if match := _TIME.search(path.stem if path.suffix == ".json" else path.name):
            return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return datetime.fromtimestamp((path / "events.jsonl" if path.is_dir() else path).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)
