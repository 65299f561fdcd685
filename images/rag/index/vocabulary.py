"""What a model's tokenizer knows of a text: what it has no token for is lost to the model."""

from __future__ import annotations

import json
from typing import Any


class Census:
    """Counts the characters that a tokenizer knows."""

    def __init__(self, unknown: int | None) -> None:
        self._unknown, self._all, self._lost = unknown, 0, 0

    def add(self, encoded: Any) -> None:
        """Count a text's tokens."""
        if self._unknown is None:
            return
        for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True):
            self._all += end - start
            self._lost += end - start if token == self._unknown else 0

    @property
    def share(self) -> float:
        """Share of the characters counted that it does not know."""
        return self._lost / self._all if self._all else 0.0


def unknown_token(tokenizer: Any) -> int | None:
    """Return the id of the token for what a tokenizer does not know; None where it takes text apart to bytes."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("byte_fallback"):
        return None
    if isinstance(number := model.get("unk_id"), int):
        return number
    return tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None


def unknown_share(text: str, tokenizer: Any) -> float:
    """Return the share of a text's characters that the tokenizer does not know."""
    census = Census(unknown_token(tokenizer))
    census.add(tokenizer.encode(text, add_special_tokens=False))
    return census.share
