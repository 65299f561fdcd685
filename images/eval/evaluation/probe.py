"""The first request to an endpoint that is asked for log-probabilities: whether it gives any, before a sample."""

from runtime.errors import InputError, TryAgain

from evaluation import protocol
from evaluation.client import Client

SAMPLE = {"id": "probe", "prompt": "1, 2,", "choices": ["3"]}
PASSING = ("HTTP 5", "connection", "no answer")  # how reasons begin that another try may not meet


async def probe(client: Client, model: str) -> None:
    """Ask how likely one short text is.

    Args:
        client: of the endpoint.
        model: its name there.

    Raises:
        InputError: the endpoint answers without log-probabilities of a prompt.
        TryAgain: it does not answer.
    """
    name = client.endpoint.name
    reply = await client.ask("probe", protocol.body(client.endpoint.api, model, SAMPLE, {}))
    if reply.error is None:
        return
    if reply.error.startswith(PASSING):
        raise TryAgain(f"endpoint {name}: the first request failed: {reply.error}")
    raise InputError(
        f"endpoint {name}: it gives no log-probabilities of a prompt (completions with `echo` and `logprobs`): "
        f"{reply.error}; choose an endpoint that does, or metrics of what it writes; no sample was asked"
    )
