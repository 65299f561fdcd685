"""Which columns of a table ask, and which hold the right answer: known by their names, or named by whoever asks.

What datasets have is read as it is: SQuAD's `answers: {text: [...]}`, TriviaQA's answer with its aliases, an index or a
letter for one of the choices, or ARC's label of one, a number or a boolean as its text, OpenAI's list of messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from runtime import contract
from runtime.errors import InputError
from runtime.words import plural

QUESTIONS = (  # the first that is there
    "messages", "prompt", "question", "input", "query", "instruction", "problem", "user_input", "sentence",
)  # fmt: skip
ANSWERS = (
    "references", "reference", "answers", "answer", "expected", "expected_output", "expected_answer", "ideal", "target",
    "targets", "completion", "output", "response", "label", "gold", "correct_answer", "correct_answers", "answerkey",
    "answer_key", "final_answer", "ground_truth", "ground_truths", "gold_answer", "best_answer", "solution",
)  # fmt: skip
TURN = ("role", "content", "tool_calls", "tool_call_id")
OWN = ("group", "choices", "relevant", "pattern", "schema", "tools", "calls")  # read under these names alone, but
OTHERWISE = {"choices": ("options", "endings")}  # for choices as MMLU-Pro and HellaSwag name them
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read of a table.

    Attributes:
        question: the column that asks.
        answer: the column of the right answers; empty where none is there.
        ignored: the columns that are not read.
    """

    question: str
    answer: str
    ignored: tuple[str, ...]


def of_table(names: Sequence[str], question: str, answer: str, needs_answer: bool, where: str) -> Columns:
    """Return the columns of a table.

    Args:
        names: the columns that it has.
        question, answer: those that were named; empty where they are to be known by their names.
        needs_answer: whether a metric compares with a right answer.
        where: the file, for messages.

    Raises:
        InputError: a column that was named is not there, or none is known; lists what is there.
    """
    there = ", ".join(names) or "none"
    for flag, name in (("--question", question), ("--answer", answer)):
        if name and name not in names:
            raise InputError(f"{where}: has no column {name!r} ({flag}); it has {there}")
    lower = {name.lower(): name for name in reversed(names)}
    asks = question or next((lower[name] for name in QUESTIONS if name in lower), "")
    if not asks:
        raise InputError(f"{where}: no column asks; it has {there}; name the one that does with --question")
    offered = [lower[name] for name in ANSWERS if name in lower and lower[name] != asks]
    answers = answer or next(iter(offered), "")
    if needs_answer and not answers:
        raise InputError(f"{where}: no column holds the right answer; it has {there}; name the one with --answer")
    other = {name for own, more in OTHERWISE.items() for name in more if own not in names}
    read = {asks, answers, "id", *OWN, *other}
    return Columns(asks, answers, tuple(name for name in names if name not in read))


def sample(row: Mapping[str, Any], columns: Columns, number: int, way: str, place: str) -> dict[str, Any]:
    """Return a row as a sample of a dataset.

    Args:
        row: the row.
        columns: what is read of it.
        number: of the row, from 1; its id where it has none.
        way: `query` where an index is asked; else prompt or messages, as the question is.
        place: of the row, for messages.

    Raises:
        InputError: it asks nothing, or a value is not what its column holds.
    """
    made: dict[str, Any] = {"id": next(iter(_texts(row.get("id"))), f"row-{number}")}
    asks = _parsed(row.get(columns.question))
    if isinstance(asks, list) and way != "query":
        made["messages"] = [
            {name: turn[name] for name in TURN if turn.get(name) is not None} if isinstance(turn, dict) else turn
            for turn in asks
        ]
    elif not isinstance(asks, str) or not asks.strip():
        raise InputError(f"{place}: column {columns.question!r} asks nothing: {asks!r:.60}; give it text, or messages")
    else:
        made["query" if way == "query" else "prompt"] = asks
    for name in OWN:
        value = next(
            (_parsed(row[each]) for each in (name, *OTHERWISE.get(name, ())) if row.get(each) is not None), None
        )
        if value not in (None, "", [], {}) or (name == "calls" and value == []):  # none is right, which says something
            made[name] = _own(name, value)
    answer = _labelled(_parsed(row.get(columns.answer)), _parsed(row.get("choices")))
    if columns.answer and (right := references(answer, made.get("choices", []))):
        made["references"] = right
    if problem := contract.first_problem("sample", made):
        raise InputError(f"{place}: {problem}")
    return made


def _parsed(value: Any) -> Any:
    """Return a value of a CSV's field that is JSON as what it says: a list or an object."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _labelled(answer: Any, choices: Any) -> Any:
    """Return an answer that is a label of choices, as in ARC ({label: [...], text: [...]}), as the choice's text."""
    if not isinstance(choices, dict) or not isinstance(choices.get("label"), list):
        return answer
    by_label = dict(zip(_texts(choices["label"]), _texts(choices.get("text")), strict=False))
    return by_label.get(str(answer), answer)


def _own(name: str, value: Any) -> Any:
    if name in ("choices", "relevant"):
        return _texts(value)
    return str(value) if name == "group" else value


def references(value: Any, choices: Sequence[str]) -> list[str]:
    """Return the right answers of a row as texts; none where it has none.

    Args:
        value: of the column of answers.
        choices: of the row; an index (from 0) or a letter names one of them.
    """
    texts = _texts(value)
    if not choices or any(text in choices for text in texts):
        return texts
    offsets = [int(text) if text.isdecimal() else LETTERS.find(text) if len(text) == 1 else -1 for text in texts]
    return [choices[at] if 0 <= at < len(choices) else text for text, at in zip(texts, offsets, strict=True)]


def _texts(value: Any) -> list[str]:
    """Return a value as texts: of a list each, of an object its `text` (SQuAD, ARC) or its aliases, of null none."""
    if isinstance(value, dict) and "text" in value:
        return _texts(value["text"])
    if isinstance(value, dict) and "value" in value:  # TriviaQA
        return list(dict.fromkeys(_texts(value["value"]) + _texts(value.get("aliases"))))
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if value is None or (isinstance(value, str) and not value.strip()) or value != value:  # NaN: a cell that was empty
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    # A column of whole numbers with an empty cell comes as 4.0 from most tools.
    return [format(value, ".15g") if isinstance(value, float) else str(value)]


def refuse_unanswered(without: Sequence[str], total: int, columns: Columns) -> None:
    """Refuse a table whose rows lack the right answer.

    Args:
        without: the places of the rows that lack it.
        total: how many rows there are.
        columns: what is read.

    Raises:
        InputError: names the first of them.
    """
    if without:
        raise InputError(
            f"{without[0]}: column {columns.answer!r} is empty here, and in {len(without):,} of {plural(total, 'row')}"
            "; fill it in, take these rows out, or name another column with --answer"
        )
