"""The order of the data and the tensors of a forward pass; both follow from the seed and the step alone.

So the data's position is the step's number: a run that resumes, even with another number of processes, reads on where
the other stopped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from trainer.plan import Plan
from trainer.tokens import Pack, Packs

IGNORED = -100


class Order:
    """Which packs each step trains on."""

    def __init__(self, packs: int, plan: Plan) -> None:
        self._packs, self._plan = packs, plan
        self._each = math.ceil(packs / plan.global_batch_packs)
        self._epoch = -1
        self._order: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def step(self, step: int) -> list[int]:
        """Returns the packs of a step (0-based); an epoch's last step may have fewer than the others."""
        epoch, at = divmod(step, self._each)
        if epoch != self._epoch:
            self._order = np.random.default_rng((self._plan.seed, epoch)).permutation(self._packs)
            self._epoch = epoch
        chosen = self._order[at * self._plan.global_batch_packs : (at + 1) * self._plan.global_batch_packs]
        return [int(i) for i in chosen]


@dataclass(slots=True)
class Batch:
    """What one forward pass takes.

    Attributes:
        input_ids: int64[packs, length]; padded at the end with `pad`.
        position_ids: int64[packs, length]; from 0 in each row, so that the model tells rows of a pack apart and no row
            attends to another.
        targets: int64[learned tokens], the tokens to predict.
        keep: bool[packs, length], the positions that predict them.
        tokens: tokens of the dataset in it, padding left out.
        lines: lines of the dataset that it holds.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    targets: torch.Tensor
    keep: torch.Tensor
    tokens: int
    lines: list[int]

    def to(self, device: torch.device) -> "Batch":
        """Returns the batch with its tensors on a device."""
        moved = (t.to(device, non_blocking=True) for t in (self.input_ids, self.position_ids, self.targets, self.keep))
        return Batch(*moved, tokens=self.tokens, lines=self.lines)


def learned(pack: Pack) -> int:
    """Returns how many tokens of a pack are predicted: the learned ones that do not begin a row."""
    firsts = np.concatenate([[0], np.cumsum(pack.lengths)[:-1]])
    return int(pack.learned.sum() - pack.learned[firsts].sum())


def collate(packs: Sequence[Pack], pad: int) -> Batch:
    """Returns the tensors of some packs; padding is a row of its own for each token, so nothing attends to it."""
    length = max(len(p.tokens) for p in packs)
    ids = np.full((len(packs), length), pad, np.int64)
    positions = np.zeros((len(packs), length), np.int64)
    keep = np.zeros((len(packs), length), bool)
    for i, pack in enumerate(packs):
        n = len(pack.tokens)
        ids[i, :n] = pack.tokens
        positions[i, :n] = np.concatenate([np.arange(k) for k in pack.lengths])
        keep[i, : n - 1] = pack.learned[1:] & (positions[i, 1:n] > 0)
    targets = np.roll(ids, -1, axis=1)[keep]
    lines = [int(line) for pack in packs for line in pack.lines]
    tensors = (torch.from_numpy(a) for a in (ids, positions, targets, keep))
    return Batch(*tensors, tokens=sum(len(p.tokens) for p in packs), lines=lines)


def forwards(numbers: Sequence[int], plan: Plan, rank: int, packs: Packs, pad: int) -> list[Batch]:
    """Returns a process's forward passes of a step; packs of like length go together, so that little is padding.

    Every process gets as many passes as the others: one that would have none repeats a pack with nothing to learn,
    since processes wait for each other in every pass.
    """
    found = sorted((packs[i] for i in numbers), key=lambda p: -len(p.tokens))
    width = plan.micro_batch_packs
    groups = [found[i : i + width] for i in range(0, len(found), width)]
    mine = groups[rank :: plan.processes]
    wanted = math.ceil(len(groups) / plan.processes)
    made = [collate(group, pad) for group in mine]
    while len(made) < wanted:
        idle = collate([found[-1]], pad)
        idle.keep[:] = False
        idle.targets = idle.targets[:0]
        idle.tokens, idle.lines = 0, []
        made.append(idle)
    return made
