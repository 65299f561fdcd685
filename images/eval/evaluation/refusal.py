"""What an endpoint's refusal means: for this request alone, for now, or for every request.

A status says too little: a 429 is a crowd, an empty account, or one request that is larger than a minute's limit; a 400
is a wrong model's name or one answer that a content filter stopped. The words that providers use tell them apart.
"""

from typing import Any

import orjson

UNTOLD = 599  # stands for an error in a reply of status 200 that gives no status of its own
DENIED = (401, 403)
BUSY = (429, 503)
# An account without money: no wait helps.
QUOTA = (
    "insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "insufficient balance",
    "credit balance is too low", "exceeded_current_quota_error", "insufficient credits", "credit limit exceeded",
)  # fmt: skip
# One request's own text. The same text would be refused again, and says nothing of the others.
OWN = (
    "content_filter", "content filter", "content_policy", "content policy", "content management policy",
    "responsible_ai", "context_length", "context length", "string_above_max_length", "request too large",
    "tokens_limit_reached", "too many tokens", "prompt is too long", "input is too long", "maximum number of tokens",
    "too large for model", "context size", "input length should be", "inputs` must have less",
    "max_new_tokens` must be", "prompt too long", "data_inspection_failed", "contentfilter", "usage guidelines",
    "usage policy", "flagged as", "guardrail", "prohibited_content", "safety system",
)  # fmt: skip


def kind(status: int, text: str) -> str:
    """Return what a refusal is.

    Args:
        status: of the answer, or of the error in it.
        text: the answer's.

    Returns:
        `redirect`, `quota` and `denied` are of the endpoint; `busy` and `server` pass; `own` is of this request alone;
        `refused` is of this request, and of all of them where there are many in a row.
    """
    words = text.lower()
    if 300 <= status < 400:
        return "redirect"
    if status == 402 or any(name in words for name in QUOTA):
        return "quota"
    if status < 500 and (status == 413 or any(name in words for name in OWN)):
        return "own"
    if status in BUSY:
        return "busy"
    if status >= 500 or status in (408, 425):
        return "server"
    return "denied" if status in DENIED else "refused"


def status(error: Any) -> int:
    """Return the status that an error in a reply gives; UNTOLD where it gives none."""
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    text = str(code)
    return int(text) if text.isdecimal() and 400 <= int(text) < 600 else UNTOLD


def message(text: str) -> str:
    """Return the message of an error reply, or the text where it has none."""
    try:
        error = orjson.loads(text)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return text
