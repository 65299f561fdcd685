"""Whether a model keeps the rows of a pack apart, found by a probe: nothing of one row may change another's logits.

Attention that reads `position_ids` keeps them apart, since these start at 0 in each row. Recurrent and hybrid families
(Mamba, Jamba, LFM2, Qwen3-Next, Falcon-H1, Granite hybrid) carry a state over, and OPT, BLOOM and MPT ignore the
positions: their rows would learn from their neighbours. A list of families would miss the next one.
"""

import inspect
from typing import Any

import torch
from runtime.errors import InputError
from torch import nn

LENGTHS = (7, 9)  # tokens of the rows in the probe's pack
PAIRS = 3  # of first rows that are tried
# Of the largest logit: what experts that are grouped otherwise may round. Attention that is masked changes nothing.
LARGEST = {torch.float32: 1e-5}
LARGEST_HALF = 5e-3
SEED = 17


def arguments(model: Any, **tensors: Any) -> dict[str, Any]:
    """Return those of a forward pass's arguments that the model takes; some families know no `position_ids`."""
    inner = model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model
    inner = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
    taken = inspect.signature(inner.forward).parameters
    return {name: value for name, value in tensors.items() if name in taken}


def leak(model: Any) -> float:
    """Return how far the logits of a pack's second row follow from its first, as a share of the largest logit.

    Args:
        model: a causal language model, on any device.
    """
    generator = torch.Generator().manual_seed(SEED)
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    first, second = LENGTHS
    positions = torch.cat([torch.arange(first), torch.arange(second)])[None]
    row = torch.randint(vocabulary, (1, second), generator=generator)
    device, training = next(model.parameters()).device, model.training
    model.eval()
    largest = 0.0
    try:
        with torch.no_grad():
            firsts = (torch.randint(vocabulary, (1, first), generator=generator) for _ in range(PAIRS))
            outcomes = [_logits(model, torch.cat([each, row], 1), positions, device) for each in firsts]
            for other in outcomes[1:]:
                change = (other - outcomes[0]).abs().max() / outcomes[0].abs().max().clamp_min(1e-9)
                largest = max(largest, float(change))
    finally:
        model.train(training)
    return largest


def _logits(model: Any, ids: torch.Tensor, positions: torch.Tensor, device: torch.device) -> torch.Tensor:
    given = arguments(model, position_ids=positions.to(device), use_cache=False)
    logits: torch.Tensor = model(input_ids=ids.to(device), **given).logits
    return logits[0, LENGTHS[0] :].float()


def check(model: Any) -> None:
    """Refuse to pack rows for a model that does not keep them apart.

    Raises:
        InputError: one row's logits follow from another's; says how to train without packs.
    """
    change = leak(model)
    if not change <= LARGEST.get(next(model.parameters()).dtype, LARGEST_HALF):  # not a number is refused too
        raise InputError(
            f"MODEL: {model.config.model_type} does not keep the rows of a pack apart: the row before changes a row's "
            f"logits by {change:.1%}; write `training: {{packing: false}}` at the model in "
            "standards/catalog/base_models.yaml, or choose a size whose `packing` is false"
        )
