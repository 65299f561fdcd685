"""The order of the data, and the tensors of a forward pass.

Both follow from the seed and the step alone. So a run that resumes, even with another number of processes, continues
with the data where the interrupted one stopped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from trainer.plan import Plan
from trainer.tokens import Pack, Packs


class DataOrder:
    """Which packs each optimiser step trains on: every epoch is a permutation of its own.

    Args:
        packs: number of packs in the dataset.
        plan: gives the seed and the packs of a step.
    """

    def __init__(self, packs: int, plan: Plan) -> None:
        self._packs, self._plan = packs, plan
        self._epoch_steps = math.ceil(packs / plan.global_batch_packs)
        self._epoch = -1
        self._order: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def packs_of(self, step: int) -> list[int]:
        """Return the pack numbers of a step (0-based); the last step of an epoch may have fewer."""
        epoch, position = divmod(step, self._epoch_steps)
        if epoch != self._epoch:
            self._order = np.random.default_rng((self._plan.seed, epoch)).permutation(self._packs)
            self._epoch = epoch
        size = self._plan.global_batch_packs
        return [int(number) for number in self._order[position * size : (position + 1) * size]]


@dataclass(slots=True)
class Batch:
    """The input of one forward pass.

    Attributes:
        input_ids: int64[packs, length]; padded at the end.
        position_ids: int64[packs, length]; starts at 0 in each row, which tells the model the rows of a pack apart, so
            that no row attends to another.
        targets: int64[targets], the tokens to predict.
        logit_mask: bool[packs, length], the positions that predict them.
        tokens: tokens of the dataset in the batch, without padding.
        lines: the dataset's lines in the batch.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    targets: torch.Tensor
    logit_mask: torch.Tensor
    tokens: int
    lines: list[int]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch with its tensors on a device."""
        tensors = (self.input_ids, self.position_ids, self.targets, self.logit_mask)
        return Batch(*(t.to(device, non_blocking=True) for t in tensors), tokens=self.tokens, lines=self.lines)


def target_count(pack: Pack) -> int:
    """Return how many tokens of a pack are predicted: those in the loss mask that do not begin a row."""
    firsts = np.concatenate([[0], np.cumsum(pack.lengths)[:-1]])
    return int(pack.loss_mask.sum() - pack.loss_mask[firsts].sum())


def collate(packs: Sequence[Pack], pad: int) -> Batch:
    """Return the tensors of some packs.

    Args:
        packs: what goes into one forward pass.
        pad: the token to fill up with; each padding token is a row of its own, so nothing attends to it.
    """
    length = max(len(p.tokens) for p in packs)
    ids = np.full((len(packs), length), pad, np.int64)
    positions = np.zeros((len(packs), length), np.int64)
    logit_mask = np.zeros((len(packs), length), bool)
    for i, pack in enumerate(packs):
        n = len(pack.tokens)
        ids[i, :n] = pack.tokens
        positions[i, :n] = np.concatenate([np.arange(k) for k in pack.lengths])
        logit_mask[i, : n - 1] = pack.loss_mask[1:] & (positions[i, 1:n] > 0)
    targets = np.roll(ids, -1, axis=1)[logit_mask]
    lines = [int(line) for pack in packs for line in pack.lines]
    tensors = (torch.from_numpy(a) for a in (ids, positions, targets, logit_mask))
    return Batch(*tensors, tokens=sum(len(p.tokens) for p in packs), lines=lines)


def micro_batches(numbers: Sequence[int], plan: Plan, rank: int, packs: Packs, pad: int) -> list[Batch]:
    """Return one process's forward passes of a step.

    Args:
        numbers: the step's packs, over all processes.
        plan: gives the packs of a pass and the number of processes.
        rank: the process.
        packs: the dataset.
        pad: the padding token.

    Returns:
        As many passes as every other process has: processes wait for each other in each pass, so one that would run
        out gets a pack without targets.
    """
    # Packs of like length go together, so that little of a pass is padding.
    by_length = sorted((packs[i] for i in numbers), key=lambda p: -len(p.tokens))
    width = plan.micro_batch_packs
    groups = [by_length[i : i + width] for i in range(0, len(by_length), width)]
    passes = [collate(group, pad) for group in groups[rank :: plan.processes]]
    while len(passes) < math.ceil(len(groups) / plan.processes):
        passes.append(_without_targets(collate([by_length[-1]], pad)))
    return passes


def _without_targets(batch: Batch) -> Batch:
    mask, targets = torch.zeros_like(batch.logit_mask), batch.targets[:0]
    return Batch(batch.input_ids, batch.position_ids, targets, mask, tokens=0, lines=[])
