"""withItems, withParam and withSequence: one task or step into many (expandTask, processItem, expandSequence)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dac.run.argo import gojson
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.node import JSON
from dac.run.argo.sprintf import sprintf
from dac.run.argo.tags import Tags


class FanoutError(Exception):
    """A loop that cannot be expanded."""


def expands(task: Mapping[str, Any]) -> bool:
    """Whether a task or step is a loop."""
    return bool(task.get("withItems") or task.get("withParam") or "withSequence" in task)


class Loops:
    """The loops of one run, each expanded anew only where its text is not what it was."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._expanded: dict[str, tuple[str, list[JSON]]] = {}  # node name -> the loop's text, and its tasks

    def tasks(
        self, node_name: str, task: JSON, values: Callable[[], Mapping[str, str]], keep_items: bool
    ) -> list[JSON]:
        """Return the tasks of a loop as `expand` does; `values` is called only where they are not at hand.

        Raises:
            FanoutError, tags.TagError: As `expand`.
        """
        text = gojson.dumps(task)
        earlier = self._expanded.get(node_name)
        if earlier is not None and earlier[0] == text:
            return earlier[1]
        tasks = expand(self._tags, task, values(), keep_items)
        self._expanded[node_name] = (text, tasks)
        return tasks


def expand(tags: Tags, task: JSON, values: Mapping[str, str], keep_items: bool) -> list[JSON]:
    """Return the tasks of a loop, named `task(0:item)`; a task that is not a loop alone.

    Args:
        tags: what replaces the tags of each task.
        task: the task or step.
        values: what a tag can name.
        keep_items: a DAG's tasks are written with their items still in them, so that a tag inside an item is replaced
            too; steps are not (dag.go and steps.go differ in this).

    Raises:
        FanoutError: The items are not a list, or a sequence has no numbers.
        tags.TagError: A tag of the task is unknown.
    """
    if not expands(task):
        return [task]
    items = _items(task)
    bare = {key: value for key, value in task.items() if key not in ("withItems", "withParam", "withSequence")}
    text = gojson.dumps(task if keep_items else bare)
    lenient = _not_executed(task.get("when", ""))
    tasks = []
    for index, item in enumerate(items):
        name, own = _names(task["name"], index, item)
        replaced = tags.replace_in(text, {**values, **own}, None if lenient else (lambda _: True), lenient)
        try:
            expanded = gojson.loads(replaced)
        except ValueError as error:
            raise FanoutError(str(error)) from error
        for key in ("withItems", "withParam", "withSequence"):
            expanded.pop(key, None)
        expanded["name"] = name
        if "template" in task:
            expanded["template"] = task["template"]
        tasks.append(expanded)
    return tasks


def _not_executed(when: str) -> bool:
    try:
        return not should_execute(when)
    except ExpressionError:
        return False


def _must_execute(when: str) -> bool:
    try:
        return should_execute(when)
    except ExpressionError:
        return True


_KINDS = {bool: "bool", str: "string", dict: "object"}  # as Go's decoder calls them; any other type is a number


def _items(task: JSON) -> list[Any]:
    when = task.get("when", "")
    if task.get("withItems"):
        return list(task["withItems"])
    if source := task.get("withParam"):
        try:
            items = gojson.loads_raw(source)
            if items is not None and not isinstance(items, list):
                kind = next((name for of, name in _KINDS.items() if isinstance(items, of)), "number")
                raise ValueError(f"json: cannot unmarshal {kind} into Go value of type []v1alpha1.Item")
            return items or []
        except ValueError as error:
            if _must_execute(when):
                raise FanoutError(
                    f"withParam value could not be parsed as a JSON list: {source.strip()}: {error}"
                ) from error
            return []
    try:
        return list(sequence(task["withSequence"]))
    except FanoutError:
        if _must_execute(when):
            raise
        return []


def sequence(given: Mapping[str, Any]) -> list[Any]:
    """Return the numbers of a withSequence, as items of text.

    Raises:
        FanoutError: Start, end or count is not a number, or neither end nor count is given.
    """
    start = _number(given.get("start", 0))
    if "end" in given:
        end = _number(given["end"])
    elif "count" in given:
        if (count := _number(given["count"])) == 0:
            return []
        end = start + count - 1
    else:
        raise FanoutError("neither end nor count was specified in withSequence")
    numbers = range(start, end + 1) if start <= end else range(start, end - 1, -1)
    return [_item(sprintf(given.get("format") or "%d", number)) for number in numbers]


def _item(text: str) -> Any:
    """`wfv1.ParseItem` of the text in quotes: what escapes it has mean what they mean in JSON."""
    try:
        return gojson.loads_raw(f'"{text}"')
    except ValueError as error:
        raise FanoutError(str(error)) from error


def _number(value: Any) -> int:
    if not isinstance(value, int) and not re.fullmatch(r"[+-]?[0-9]+", str(value)):
        raise FanoutError(f'strconv.Atoi: parsing "{value}": invalid syntax')
    if not -(2**63) <= int(value) < 2**63:
        raise FanoutError(f'strconv.Atoi: parsing "{value}": value out of range')
    return int(value)


def _names(name: str, index: int, item: Any) -> tuple[str, dict[str, str]]:
    """Return the expanded name and what `item` stands for, by the item's kind (to Item.GetType, "1" is a number)."""
    if isinstance(item, dict):
        own = {f"item.{key}": shown(value) for key, value in item.items()}
        described = ",".join(sorted(f"{key}:{shown(value)}" for key, value in item.items()))
        return _named(name, index, described), {**own, "item": gojson.dumps({key: item[key] for key in sorted(item)})}
    if isinstance(item, list):
        return _named(name, index, "[" + " ".join(shown(value) for value in item) + "]"), {"item": gojson.dumps(item)}
    if item is None:  # to the controller, null is a list without items
        return _named(name, index, "[]"), {"item": "null"}
    return _named(name, index, shown(item)), {"item": item if isinstance(item, str) else shown(item)}


def _named(name: str, index: int, described: str) -> str:
    return f"{name}({index}:{described.replace('(', '').replace(')', '')})"


def shown(item: Any) -> str:
    """Return the item as JSON, text without its quotes but with its escapes (`Item.String`)."""
    text = gojson.fix(gojson.dumps(item))
    return text[1:-1] if text.startswith('"') else text
