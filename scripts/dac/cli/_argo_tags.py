"""Argo's `{{...}}` in a text, answered for arguments that are known, as a plan and a receipt's check need it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dac.model.facts import Answer


def tag_answers() -> Answer:
    """Return what fills in the tags of a text as Argo does; one that cannot be answered stays."""
    from dac.run.argo.expression import Expressions
    from dac.run.argo.tags import TagError, Tags

    tags = Tags(Expressions())

    def answer(text: str, values: Mapping[str, str]) -> str:
        try:
            return str(json.loads(f'"{tags.replace_in(json.dumps(text)[1:-1], values, None, True)}"'))
        except (TagError, ValueError):
            return text

    return answer
