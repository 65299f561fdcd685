"""Rows as other tools lay them out, read as a row of ours by the names of their columns.

ShareGPT: `conversations` of {from, value}, or of {input, output} as Capybara has them. Alpaca: `instruction`, `input`,
`output`, with `system` and `history` as LLaMA-Factory has them, and Dolly's `context` and `response`. TRL: `prompt` and
`completion` of messages. Pairs under other names: question and answer, query and response, with a `system_prompt` as
OpenOrca has it. What cannot be read so stays as it is, and its schema says what is wrong.
"""

from collections.abc import Callable
from typing import Any

import orjson

Row = dict[str, Any]
NATIVE = (("text",), ("messages",), ("prompt", "completion"))
ROLES = {
    "human": "user", "user": "user", "prompter": "user",
    "gpt": "assistant", "assistant": "assistant", "model": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "system": "system", "function_call": "assistant", "observation": "tool", "tool": "tool",
}  # fmt: skip
PAIRS = (
    ("question", "answer"), ("query", "response"), ("prompt", "response"), ("question", "response"),
    ("problem", "solution"), ("input", "output"), ("prompt", "answer"), ("question", "solution"), ("input", "target"),
    ("inputs", "targets"), ("problem", "generated_solution"), ("user", "assistant"), ("human", "assistant"),
    ("input", "response"), ("instruction", "answer"),
)  # fmt: skip
TURNS = ("conversations", "conversation")
SYSTEMS = ("system", "system_prompt")
ANSWERS, CONTEXTS = ("output", "response", "completion"), ("input", "context")  # Alpaca's and Dolly's
PREFERENCE = ("chosen", "rejected")


def columns() -> set[str]:
    """Return the columns that a layout reads."""
    pairs = {name for pair in PAIRS for name in pair}
    return {*pairs, *TURNS, *PREFERENCE, *SYSTEMS, *ANSWERS, *CONTEXTS, "instruction", "history"}


def read(value: Row) -> tuple[str, Row, set[str]]:
    """Return a row's layout, the row as ours, and the columns that were read of it.

    Args:
        value: the row, without what is null.

    Returns:
        An empty layout, the row itself and no column, where it is one of ours already or of no layout that is known.
    """
    conversational = isinstance(value.get("prompt"), list) or isinstance(value.get("completion"), list)
    rendered = "text" in value and {"instruction", "output"} <= value.keys()  # by a prompt of Alpaca's own
    if not conversational and not rendered and any(set(names) <= value.keys() for names in NATIVE):
        return "", value, set()
    for name, layout in LAYOUTS.items():
        if (mapped := layout(value)) is not None:
            made, used = mapped
            rest = {key: field for key, field in value.items() if key not in used}
            return name, {**rest, **made}, used
    return "", value, set()


def problem(value: Row) -> str:
    """Return why a row is of a kind that is not trained on, or ""."""
    if set(PREFERENCE) <= value.keys():
        return "chosen and rejected are pairs of a preference, which fine-tuning does not learn; give the chosen answer"
    if isinstance(value.get("prompt"), list) and isinstance(value.get("completion"), list):
        return (
            "prompt has an assistant's turn, which TRL does not learn; give messages, of which every answer is learned"
        )
    return ""


def _sharegpt(value: Row) -> tuple[Row, set[str]] | None:
    name = next((each for each in TURNS if isinstance(value.get(each), list)), None)
    if name is None:
        return None
    turns = [each for turn in value[name] for each in _turns(turn)]
    system = value.get("system")
    used = {name}
    if isinstance(system, str):
        used.add("system")
        if system.strip():
            turns = [{"role": "system", "content": system}, *turns]
    return {"messages": turns}, used


def _turns(turn: Any) -> list[Any]:
    """Return what one entry of a conversation says: a turn, or Capybara's {input, output}, which is two."""
    if isinstance(turn, dict) and turn.keys() == {"input", "output"}:
        return [{"role": "user", "content": turn["input"]}, {"role": "assistant", "content": turn["output"]}]
    return [_turn(turn)]


def _turn(turn: Any) -> Any:
    """Return {from, value} as {role, content}; a role that is not known stays, for the schema to refuse by name."""
    if not isinstance(turn, dict) or "from" not in turn or "value" not in turn:
        return turn
    # A weight other than 1 says that an answer is not learned: it stays, and the schema refuses the row.
    whole = {name for name in ("weight", "loss") if turn.get(name) in (1, None)}
    rest = {name: field for name, field in turn.items() if name not in {"from", "value", *whole}}
    if turn["from"] == "function_call":  # as LLaMA-Factory has it: {name, arguments}, or a list of them
        return {"role": "assistant", "content": "", "tool_calls": _calls(turn["value"]), **rest}
    return {"role": ROLES.get(str(turn["from"]).lower(), turn["from"]), "content": turn["value"], **rest}


def _calls(text: Any) -> Any:
    """Return the calls of a text as a list; what cannot be read stays, for the schema to refuse."""
    try:
        called = orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return text
    return called if isinstance(called, list) else [called]


def _alpaca(value: Row) -> tuple[Row, set[str]] | None:
    answer = next((each for each in ANSWERS if each in value), "")
    if not isinstance(value.get("instruction"), str) or not answer:
        return None
    context = next((each for each in CONTEXTS if each in value), "input")
    more = value.get(context)
    asked = f"{value['instruction']}\n\n{more}" if isinstance(more, str) and more.strip() else value["instruction"]
    used = {"instruction", answer, *({context, "text", "system", "history"} & value.keys())}
    system, history = value.get("system"), value.get("history")
    if not system and not history:
        return {"prompt": asked, "completion": value[answer]}, used
    turns = [{"role": "system", "content": system}] if system else []
    for past in history if isinstance(history, list) else []:
        if not isinstance(past, list) or len(past) != 2:
            return None
        turns += [{"role": "user", "content": past[0]}, {"role": "assistant", "content": past[1]}]
    turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": value[answer]}]
    return {"messages": turns}, used


def _trl(value: Row) -> tuple[Row, set[str]] | None:
    prompt, completion = value.get("prompt"), value.get("completion")
    if not isinstance(prompt, list) or not isinstance(completion, list):
        return None
    if any(isinstance(turn, dict) and turn.get("role") == "assistant" for turn in prompt):
        return None  # TRL learns the completion alone; messages would teach the answers before it too
    return {"messages": [*prompt, *completion]}, {"prompt", "completion"}


def _pair(value: Row) -> tuple[Row, set[str]] | None:
    for question, answer in PAIRS:
        if isinstance(value.get(question), str) and isinstance(value.get(answer), str):
            system = next((each for each in SYSTEMS if isinstance(value.get(each), str) and value[each].strip()), "")
            if not system:
                return {"prompt": value[question], "completion": value[answer]}, {question, answer, *SYSTEMS}
            turns = (("system", value[system]), ("user", value[question]), ("assistant", value[answer]))
            messages = [{"role": role, "content": content} for role, content in turns]
            return {"messages": messages}, {question, answer, *SYSTEMS}
    return None


LAYOUTS: dict[str, Callable[[Row], tuple[Row, set[str]] | None]] = {
    "ShareGPT": _sharegpt,
    "Alpaca": _alpaca,
    "TRL": _trl,
    "pair": _pair,
}
