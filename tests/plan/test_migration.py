"""A pipeline that moves to the next version: the words are the migration's, and what only moves is not edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac.cli._plan_causes import Causes
from dac.load import load_credentials, load_repository, project_of
from dac.model import EffectClass, Location
from dac.plan import Source
from dac.plan.decisions import decision_edits

ROOT = Path(__file__).parents[2]
CASE = ROOT / "tests/migrate/cases/comments"


@pytest.mark.parametrize(
    ("replaced", "edits"),
    [(b"", []), (b"s3://other/manifest.jsonl", ["sources.main"])],
)
def test_what_the_move_does_is_no_edit_of_the_decisions(replaced: bytes, edits: list[str]) -> None:
    standards = load_repository(ROOT, [])[0].standards
    before, after = ((CASE / name).read_bytes() for name in ("decisions.yaml", "expected.yaml"))
    if replaced:
        after = after.replace(b"s3://docs/manifest.jsonl", replaced)
    projects = [
        project_of("docs", text, "projects/docs/decisions.yaml", load_credentials(ROOT))[0] for text in (before, after)
    ]
    (edit,) = decision_edits(*projects, standards)
    moves = [effect for effect in edit.effects if effect.change == "standard: rag-indexing@v1 to rag-indexing@v2"]
    assert [(effect.effect_class, effect.means.partition(",")[0]) for effect in moves] == [
        (EffectClass.NO_OP, "its source becomes the source `main`")
    ]
    assert [effect.change.partition(":")[0] for effect in edit.effects if effect not in moves] == edits


def test_a_line_that_two_versions_take_is_one_line_without_effect() -> None:
    source = Source(None, Location("standards/a/v1/standard.yaml", 20, 5), False, lambda repository: repository)
    causes = Causes(None, [source, source])  # type: ignore[arg-type] # nothing is compared
    assert causes.without_effect() == ["standards/a/v1/standard.yaml:20:5"]
