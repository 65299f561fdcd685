"""What a reasoning model writes before its answer: blocks of thought, which the suite decides to strip or to keep.

A block stands between `<think>` and `</think>`, `<thinking>`, `<thought>`, `<reasoning>`, `<seed:think>`, `[THINK]`,
`◁think▷`, `<|START_THINKING|>`, `<|begin_of_thought|>` or `<|inner_prefix|>` and their ends, in letters of either case.
A template may have written the beginning, so that an end alone closes what stands before it. A block that was cut
before its end has no answer behind it. Marks that such models put around the answer go too. In OpenAI's harmony format
the answer is what follows the last `final` channel.
"""

import os
import re
from typing import Any

from runtime.errors import InputError

STRIP, KEEP = "strip", "keep"
MARK = re.compile(
    r"<(?P<end>/)?(?:seed:)?(?:think|thinking|thought|reasoning)>|\[(?P<end2>/)?THINK\]|◁(?P<end3>/)?think▷"
    r"|<\|(?:start_thinking|begin_of_thought|inner_prefix|(?P<end4>end_thinking|end_of_thought|inner_suffix))\|>",
    re.IGNORECASE,
)
AROUND = re.compile(r"<\|(?:(?:start|end)_response|(?:begin|end)_of_solution)\|>", re.IGNORECASE)
FINAL = "<|channel|>final<|message|>"
HARMONY_END = re.compile(r"<\|(?:end|return)\|>")


def read() -> str:
    """Return what the suite decides (THINKING): `strip`, or `keep`.

    Raises:
        InputError: it is another word.
    """
    decided = os.environ.get("THINKING") or STRIP
    if decided not in (STRIP, KEEP):
        raise InputError(f"THINKING: {decided!r} is neither {STRIP} nor {KEEP}; choose one of them")
    return decided


def scored(record: dict[str, Any], decided: str) -> dict[str, Any]:
    """Return an answer's record with what of its text is scored: all, or what stands outside its blocks of thought."""
    if decided == KEEP or "text" not in record:
        return record
    return {**record, "text": without_thinking(record["text"])}


def right(sample: dict[str, Any], decided: str) -> dict[str, Any]:
    """Return a sample whose references are read as its answers are: rows to train on may think in theirs."""
    if decided == KEEP or "references" not in sample:
        return sample
    return {**sample, "references": [without_thinking(reference) or reference for reference in sample["references"]]}


def without_thinking(text: str) -> str:
    """Return a reply without its blocks of thought."""
    if FINAL in text:
        return HARMONY_END.split(text.rpartition(FINAL)[2])[0].strip()
    kept: list[str] = []
    inside, begin, blocks = False, 0, 0
    for mark in MARK.finditer(text):
        blocks += 1
        if mark["end"] or mark["end2"] or mark["end3"] or mark["end4"]:
            if not inside:  # the template wrote the beginning
                kept = []
            inside, begin = False, mark.end()
        elif not inside:
            kept.append(text[begin : mark.start()])
            inside = True
    if not inside:
        kept.append(text[begin:])
    return AROUND.sub("", "".join(kept)).strip() if blocks else text
