"""Whether a template is tried again (processNodeRetries of workflow/controller/operator.go)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from dac.run.argo import gotext
from dac.run.argo.expression import ExpressionError
from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState
from dac.run.argo.tags import expand
from dac.run.argo.times import parse_duration

# What errorsutil.IsTransientErr sees in a message alone; the rest of it looks at errors of the API server.
_TRANSIENT = ("net/http: TLS handshake timeout", "i/o timeout", "connection timed out", "connection reset by peer",
              "http2: client connection lost", "http2: server sent GOAWAY", "connection refused", "EOF",
              "temporary failure in name resolution")  # fmt: skip


class RetryError(Exception):
    """A retry strategy that cannot be read or evaluated."""


def policy(strategy: JSON) -> str:
    """Return the policy, or its default."""
    return str(strategy.get("retryPolicy") or ("Always" if strategy.get("expression") else "OnFailure"))


def local_values(attempt: int, last: Node | None) -> dict[str, str]:
    """Return what a try's template can name: `retries` and `lastRetry.*`; before the first, their defaults."""
    values = {"retries": str(attempt), "lastRetry.exitCode": "0", "lastRetry.duration": "0",
             "lastRetry.status": "", "lastRetry.message": ""}  # fmt: skip
    if last is not None:
        values["lastRetry.exitCode"] = (last.outputs or {}).get("exitCode", "0")
        values["lastRetry.status"], values["lastRetry.message"] = last.phase, last.message
        values["lastRetry.duration"] = str(last.seconds)
    return values


def next_try(op: RunState, parent: Node) -> tuple[int, str, Node | None]:
    """Return the number of the try to execute, its name, and the last one: that itself where it has not ended."""
    tries = op.nodes.tries(parent)
    last = tries[-1] if tries else None
    if last is not None and not last.settled:
        return len(tries) - 1, last.name, last
    name = f"{parent.name}({len(tries)})"
    op.nodes.connect(parent.name, name)
    return len(tries), name, last


def close(op: RunState, parent: Node) -> None:
    """Give a node that has ended the outputs of its last try, and its locks back."""
    if tries := op.nodes.tries(parent):
        parent.outputs = tries[-1].outputs
    op.locks.release(parent.id)


def assess(op: RunState, node: Node, strategy: JSON) -> tuple[bool, datetime | None]:
    """End a retry node where its last try decides it.

    Returns:
        Whether execution goes on (False: a back-off is not over), and by when a further try must end.

    Raises:
        RetryError: The strategy cannot be read, or its expression fails.
    """
    tries = op.nodes.tries(node)
    if tries and tries[-1].daemoned:
        node.daemoned = True
    if node.settled or not tries or not tries[-1].settled:
        return True, None
    last = tries[-1]
    if not last.unsuccessful:
        node.outputs = last.outputs
        op.mark(node, "Succeeded")
        return True, None
    if op.shutdown or op.late():
        message = (
            f"Stopped with strategy '{op.shutdown}'"
            if op.shutdown
            else f"retry exceeded workflow deadline {op.deadline}"
        )
        op.mark(node, last.phase, message)
        return True, None
    deadline = None
    if backoff := strategy.get("backoff"):
        going, deadline = _back_off(op, node, tries, backoff, strategy)
        if not going or node.settled:
            return going, None
    if (reason := _final(op, tries, strategy)) is not None:
        op.mark(node, last.phase, reason)
    return True, deadline


def _back_off(
    op: RunState, node: Node, tries: list[Node], backoff: JSON, strategy: JSON
) -> tuple[bool, datetime | None]:
    last, limit = tries[-1], whole(strategy.get("limit"))
    try:
        longest = parse_duration(backoff["maxDuration"]) if backoff.get("maxDuration") else None
        if not backoff.get("duration"):
            raise ValueError("no base duration specified for retryStrategy")
        wait = parse_duration(backoff["duration"])
        cap = parse_duration(backoff["cap"]) if backoff.get("cap") else None
    except ValueError as error:
        raise RetryError(str(error)) from error
    end = tries[0].started + longest if longest is not None else None
    if end is not None and op.clock() > end:
        op.mark(node, last.phase, "Max duration limit exceeded")
        return True, None
    factor = whole(backoff.get("factor"))
    if factor is not None and factor > 0:
        wait = min(wait.total_seconds() * float(factor) ** (len(tries) - 1), 2**63 / 1e9) * timedelta(seconds=1)
    wait = min(wait, cap) if cap is not None else wait
    until = (last.finished or op.now()) + wait
    if end is not None and until > end:
        op.mark(node, last.phase, "Backoff would exceed max duration limit")
        return True, None
    if op.clock() < until and limit is not None and len(tries) <= limit:
        op.mark(node, node.phase, f"Backoff for {wait.total_seconds():g} seconds")
        op.wake_at(until + timedelta(milliseconds=10))
        return False, None
    op.mark(node, node.phase, "")
    return True, end


def _final(op: RunState, tries: list[Node], strategy: JSON) -> str | None:
    """Return why no try follows the last one; None where one does."""
    last, chosen = tries[-1], policy(strategy)
    on_failed, on_error = chosen in ("Always", "OnFailure"), chosen in ("Always", "OnError")
    if chosen == "OnTransientError":
        on_failed = on_error = any(mark in last.message for mark in _TRANSIENT)
    if (last.phase == "Failed" and not on_failed) or (last.phase == "Error" and not on_error):
        return last.message
    limit = whole(strategy.get("limit"))
    if limit is not None and len(tries) > limit:
        return "No more retries left"
    if expression := strategy.get("expression"):
        try:
            again = op.expressions.evaluate_bool(expression, expand(_expression_values(tries)))
        except ExpressionError as error:
            raise RetryError(str(error)) from error
        if not again:
            return "retryStrategy.expression evaluated to false"
    return None


def _expression_values(tries: list[Node]) -> dict[str, Any]:
    last = tries[-1]
    return {
        "retries": str(len(tries) - 1),
        "lastRetry.exitCode": (last.outputs or {}).get("exitCode", "-1"),
        "lastRetry.status": last.phase,
        "lastRetry.duration": gotext.format_float(float(last.seconds)),
        "lastRetry.message": last.message,
    }


def whole(value: Any) -> int | None:
    """Return a number that may be given as text.

    Raises:
        RetryError: The text is not a number.
    """
    if value is None or isinstance(value, int):
        return value
    number = int(value) if re.fullmatch(r"[+-]?[0-9]+", value) else 2**63
    if not -(2**63) <= number < 2**63:
        raise RetryError(f"value '{value}' cannot be resolved to an int")
    return (number + 2**31) % 2**32 - 2**31  # an int32, which goes round at its end
