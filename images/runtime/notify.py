"""Slack: a line to the team's channel. A Slack that does not answer is logged, and stops nothing."""

import os
from http.client import HTTPException

import orjson

from runtime import log, services, settings, webhook

SECONDS = 10.0
# What Slack reads as markup: `<!channel>` calls everybody, `<url|text>` hides where a link leads.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack(text: str) -> bool:
    """Post a message and return whether Slack took it. Its text is shown as it is: nothing in it is markup.

    The address is the mounted Secret's `url` (Secret `slack`), or SLACK; NOTIFY names the channel. Without an address
    nothing is sent. The Secret's `token`, the project's own, goes along, so that a relay can hold it to its channels.
    """
    url = settings.secret("slack", "url") or os.environ.get("SLACK", "")
    if not url:
        return False
    channel = os.environ.get("NOTIFY", "")
    body = orjson.dumps({"text": text.translate(_ESCAPES), **({"channel": channel} if channel else {})})
    try:
        headers = {"Content-Type": "application/json", **services.headers("slack")}
        status, reason = webhook.send(url, body, headers, SECONDS)
    except (OSError, ValueError, HTTPException) as error:  # the last two: an invalid URL, half an answer
        log.warning("not_notified", f"Slack did not take the message: {error}")
        return False
    if not 200 <= status < 300:
        advice = f"; {services.refusal('slack')}" if status in (401, 403) else ""
        message = f"Slack did not take the message for {channel or 'the default channel'}: HTTP {status}: {reason}"
        log.warning("not_notified", f"{message}{advice}", channel=channel)
        return False
    log.info("notified", channel=channel)
    return True
