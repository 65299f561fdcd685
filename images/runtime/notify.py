"""Slack: a line to the team's channel. A Slack that does not answer is logged, and stops nothing."""

import os
from http.client import HTTPException

import orjson

from runtime import log, settings, webhook

SECONDS = 10.0
# What Slack reads as markup: `<!channel>` calls everybody, `<url|text>` hides where a link leads.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack(text: str) -> bool:
    """Post a message and return whether Slack took it. Its text is shown as it is: nothing in it is markup.

    The webhook is the mounted Secret `slack` (key `url`), or SLACK; NOTIFY names the channel. Without a webhook nothing
    is sent.
    """
    url = settings.secret("slack", "url") or os.environ.get("SLACK", "")
    if not url:
        return False
    channel = os.environ.get("NOTIFY", "")
    body = orjson.dumps({"text": text.translate(_ESCAPES), **({"channel": channel} if channel else {})})
    try:
        status = webhook.post(url, body, {"Content-Type": "application/json"}, SECONDS)
    except (OSError, ValueError, HTTPException) as error:  # the last two: an invalid URL, half an answer
        log.warning("not_notified", f"Slack did not take the message: {error}")
        return False
    if not 200 <= status < 300:
        log.warning("not_notified", f"Slack did not take the message: HTTP {status}")
        return False
    log.info("notified", channel=channel)
    return True
