"""A pipeline that moves to the next version: the words are the migration's, and what only moves is not edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac.load import load_credentials, load_repository, project_of
from dac.model import EffectClass
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
