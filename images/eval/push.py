"""Push the scorecard and the verdict to a Prometheus Pushgateway.

    python -m push

Environment: PUSHGATEWAY (its address; where it is empty, nothing is pushed, and that is logged), and the run's.
The labels are bounded: project and pipeline by the repository, metric and outcome by this program. None names a run, a
model or a sample. A run replaces its pipeline's whole group, so the last values stay when a run fails before this step.
Where the Secret `pushgateway` has the project's token it is sent, so that what stands before the gateway can keep each
project to groups of its own.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from evaluation import comparison, metrics, scorecard
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, pushadd_to_gateway
from runtime import figures, log, receipt, services, settings, webhook
from runtime.errors import InputError, TryAgain
from runtime.program import main

TIMEOUT = 20
VERDICTS = ("pass", "fail", "inconclusive")


def registry(card: dict[str, Any], result: dict[str, Any]) -> CollectorRegistry:
    """Return the gauges of a scorecard and its comparison."""
    gauges = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"dac_eval_{name}", text, labels, registry=gauges)

    score, low, high = (
        gauge(name, text, "metric")
        for name, text in (
            ("score", "A metric's value, 0 to 1, more is better"),
            ("score_low", "Lower end of its 95 % interval"),
            ("score_high", "Upper end of its 95 % interval"),
        )
    )
    for name in metrics.chosen(list(card["metrics"])):
        entry = card["metrics"][name]
        score.labels(name).set(entry["value"])
        low.labels(name).set(entry["low"])
        high.labels(name).set(entry["high"])
    difference = gauge("difference", "A metric's value minus the baseline's", "metric")
    for name, entry in result["metrics"].items():
        difference.labels(name).set(entry["difference"])
    verdict = gauge("verdict", "1 for the verdict of the last run that was scored, else 0", "verdict")
    for name in VERDICTS:
        verdict.labels(name).set(name == result["verdict"])
    samples = gauge("samples", "Samples by outcome", "outcome")
    for name in ("answered", "empty", "failed"):
        samples.labels(name).set(card["samples"][name])
    gauge("margin", "The drop that counts as a regression").set(result["margin"])
    gauge("last_scored_timestamp_seconds", "When the last run was scored").set_to_current_time()
    return gauges


def outcome(run: settings.Run, gateway: str, succeeded: bool) -> None:
    """Push how a run ended, in a group of its own, which leaves the last scores as they are; `finish` calls it.

    Raises:
        InputError: the gateway refuses this project.
        TryAgain: the gateway did not accept it.
    """
    gauges = CollectorRegistry()
    Gauge("dac_eval_run_failed", "1 where the last run failed", registry=gauges).set(not succeeded)
    name = "success" if succeeded else "failure"
    text = f"When the last run ended in {name}"
    Gauge(f"dac_eval_last_{name}_timestamp_seconds", text, registry=gauges).set_to_current_time()
    _send(pushadd_to_gateway, gateway, figures.RUNS_JOB, gauges, run)


def _send(send: Callable[..., None], gateway: str, job: str, gauges: CollectorRegistry, run: settings.Run) -> None:
    message = f"Pushgateway at {gateway}: the metrics were not accepted"
    try:
        send(gateway, job, gauges, figures.labels(run.project, run.pipeline), timeout=TIMEOUT, handler=_authorized)
    except _Refused as refused:
        raise InputError(f"{message}: {refused}; {services.refusal('pushgateway')}") from refused
    except OSError as error:
        raise TryAgain(f"{message}: {error}") from error


class _Refused(Exception):
    """The gateway does not know the token, or does not let it write this group."""


def _authorized(
    url: str, method: str, timeout: float, headers: Sequence[tuple[str, str]], data: bytes
) -> Callable[[], None]:
    """Return what sends a request with the project's token, as prometheus_client asks of a handler."""

    def send() -> None:
        every = {**dict(headers), **services.headers("pushgateway")}
        answer = webhook.send(url, data, every, timeout, method)
        if answer.status in (401, 403):
            raise _Refused(f"HTTP {answer.status}: {answer.reason}")
        if not 200 <= answer.status < 300:
            raise OSError(f"HTTP {answer.status}: {answer.reason}")

    return send


def push() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, gateway = settings.run(), os.environ.get("PUSHGATEWAY", "")
    with receipt.part(run, "push") as part:
        part.facts = {"pushed": bool(gateway)}
        if not gateway:
            log.warning("not_pushed", "nothing is pushed: the ConfigMap `endpoints` has no address of a Pushgateway")
            return
        gauges = registry(scorecard.read(run.root), comparison.read(run.root))
        _send(push_to_gateway, gateway, figures.JOB, gauges, run)
    log.info("pushed", gateway=gateway)


if __name__ == "__main__":
    main("push", push)
