"""Tells people: Slack, a webhook and Alertmanager, those of them that have an address. None can stop a step.

    SLACK, Secret `slack` (url)   a line to the channel NOTIFY; the relay's own channel where NOTIFY is empty
    ALERTS_WEBHOOK                the failure as JSON: the run, its status, and the text with what it is made of
    ALERTMANAGER                  an alert DacRunFailed, by its API v2

The Secret `alerts` may have a token for the latter two. One that asks to be left alone for a while (429 and 503 with
Retry-After), as where many runs fail at once, is asked once more after it.
"""

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, InvalidURL
from typing import Any

import orjson

from runtime import log, services, settings, waiting, webhook
from runtime.errors import InputError
from runtime.words import mask

SECONDS = 10.0
LONGEST = 3000  # bytes of a message
_HEAD, _LINE = 700, 300  # bytes of its first line, and of one line of a log
_PATIENCE = 60.0  # seconds that a place may ask to be left alone
# What Slack reads as markup: `<!channel>` calls everybody, `<url|text>` hides where a link leads.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SHOUT = re.compile(r"@(?=(?:channel|here|everyone|all)\b)", re.IGNORECASE)  # what calls everybody without `<!`
_AS_IT_IS = {"mrkdwn": False, "link_names": False, "unfurl_links": False, "unfurl_media": False}
_DENIED = re.compile(r"\"ok\"\s*:\s*false")  # Slack's API says so with status 200
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")  # also marks that turn the direction
_NAMED = 3  # further steps that are named


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that did not end well, as people hear of it.

    Attributes:
        run: the run.
        status: Failed or Error.
        step: the step that failed; empty where the engine names none.
        exit_code: of the step; None where it is not known.
        reason: one line.
        lines: the last lines of the step's log.
        count: how many nodes failed.
        others: further steps that failed.
        served: what readers still have; empty where that is not known.
    """

    run: settings.Run
    status: str
    step: str
    exit_code: int | None
    reason: str
    lines: Sequence[str]
    count: int
    others: Sequence[str] = ()
    served: str = ""

    @property
    def text(self) -> str:
        """What failed, why, what is still served, and the commands to look closer: at most LONGEST bytes."""
        run = self.run
        code = f" with exit code {self.exit_code}" if self.exit_code is not None else ""
        where = f" in {self.step}{code}" if self.step else ""
        begin = f"{run.project}/{run.pipeline}: run {run.run_name} {self.status.lower()}{where}: {self.reason}"
        head = [_line(begin, _HEAD)]
        if self.count > 1:
            named = ", ".join(self.others[:_NAMED])
            head.append(_line(f"{self.count} nodes failed{f', among them {named}' if named else ''}", _LINE))
        tail = [
            _line(f"still served: {self.served or 'not known'}", _LINE),
            f"look: dac status --cluster {run.project}/{run.pipeline}",
            f"      dac logs --cluster {run.project}/{run.run_name}",
        ]
        lines = [_line(f"| {line}", _LINE) for line in self.lines]
        while lines and len("\n".join([*head, *lines, *tail]).encode()) > LONGEST:
            lines.pop(0)
        return "\n".join([*head, *lines, *tail])


def _line(text: str, most: int) -> str:
    """Return a text on one line, without credentials, cut to so many bytes and never within a character."""
    whole = _BREAKS.sub(" ", mask(text)).strip()
    data = whole.encode(errors="replace")
    return data.decode() if len(data) <= most else f"{data[: most - 3].decode(errors='ignore')}..."


def failed(failure: Failure) -> bool:
    """Tell every place that has an address of a failure; return whether one took it, or none has an address."""
    taken = [slack(failure.text)] if _slack_url() != "" else []
    taken += [send(failure) for send in (_webhook, _alertmanager) if os.environ.get(_VARIABLES[send])]
    if not taken:
        log.warning("nobody_to_tell", "no address of Slack, a webhook or an Alertmanager is set: nobody hears of it")
    return any(taken) or not taken


def slack(text: str) -> bool:
    """Post a message and return whether Slack took it. Its text is shown as it is: nothing in it is markup.

    The address is the mounted Secret's `url` (Secret `slack`), or SLACK; NOTIFY names the channel. Without an address
    nothing is sent. The Secret's `token`, the project's own, goes along, so that a relay can hold it to its channels.
    """
    url = _slack_url()
    if not url:
        return False
    channel = os.environ.get("NOTIFY", "")
    escaped = _SHOUT.sub("@\u200b", text.translate(_ESCAPES))
    body = {"text": escaped, **_AS_IT_IS, **({"channel": channel} if channel else {})}
    return _posted("Slack", f" for {channel or 'the default channel'}", url, body, "slack", channel=channel)


def _slack_url() -> str | None:
    """Return Slack's address, empty where there is none; None where the Secret cannot be read, which is logged."""
    try:
        return settings.secret("slack", "url") or os.environ.get("SLACK", "")
    except InputError as error:
        log.warning("not_notified", str(error))
        return None


def _webhook(failure: Failure) -> bool:
    run = failure.run
    body = {
        "version": 1,
        "event": "run_failed",
        "project": run.project,
        "pipeline": run.pipeline,
        "standard": run.standard,
        "run": run.run_name,
        "status": failure.status,
        "step": failure.step,
        "exit_code": failure.exit_code,
        "reason": _line(failure.reason, _HEAD),
        "failed_nodes": failure.count,
        "served": failure.served,
        "text": failure.text,
    }
    return _posted("the webhook", "", os.environ["ALERTS_WEBHOOK"], body, "alerts")


def _alertmanager(failure: Failure) -> bool:
    run = failure.run
    labels = {
        "alertname": "DacRunFailed",
        "severity": "warning",
        "project": run.project,
        "pipeline": run.pipeline,
        "standard": run.standard,
        "run": run.run_name,
        "step": failure.step,
    }
    annotations = {
        "summary": f"{run.project}/{run.pipeline}: run {run.run_name} {failure.status.lower()}",
        "description": failure.text,
    }
    body = [{"labels": {name: value for name, value in labels.items() if value}, "annotations": annotations}]
    url = f"{os.environ['ALERTMANAGER'].rstrip('/')}/api/v2/alerts"
    return _posted("Alertmanager", "", url, body, "alerts")


_VARIABLES = {_webhook: "ALERTS_WEBHOOK", _alertmanager: "ALERTMANAGER"}


def _posted(name: str, what: str, url: str, body: Any, service: str, **fields: str) -> bool:
    """Post JSON and return whether it was taken; that it was not is logged, and stops nothing."""
    try:
        answer = _answer(url, orjson.dumps(body), service)
    except (ValueError, InvalidURL, InputError) as error:  # of a URL, the error's words would hold parts of it
        why = str(error) if isinstance(error, InputError) else "its address is not one that can be asked, https://..."
        log.warning("not_notified", f"{name} did not take the message: {why}")
        return False
    except (OSError, HTTPException) as error:  # the latter: half an answer
        log.warning("not_notified", f"{name} did not take the message: {error}")
        return False
    if not 200 <= answer.status < 300 or _DENIED.search(answer.reason):
        advice = f"; {services.refusal(service)}" if answer.status in (401, 403) else ""
        message = f"{name} did not take the message{what}: HTTP {answer.status}: {answer.reason}"
        log.warning("not_notified", f"{message}{advice}", **fields)
        return False
    log.info("notified", **fields)
    return True


def _answer(url: str, data: bytes, service: str) -> webhook.Answer:
    """Post, and once more after the pause that the first answer asks for."""
    headers: Mapping[str, str] = {"Content-Type": "application/json", **services.headers(service)}
    answer = webhook.send(url, data, headers, SECONDS)
    pause = waiting.pause(answer.retry_after, time.time()) if answer.status in (429, 503) else 0
    if not 0 < pause <= _PATIENCE:
        return answer
    time.sleep(pause)
    return webhook.send(url, data, headers, SECONDS)
