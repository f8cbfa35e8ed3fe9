"""Rows of all processes as one, with gradients: a contrast then sees as many others as if there were one process."""

from typing import Any

import torch
from torch import Tensor, distributed


def gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, those of the first process first; `rows` as they are where there is only one.

    Every process must bring equally many. Where each computes the same loss of all rows, the mean of the processes'
    gradients, which DistributedDataParallel takes, is the gradient of that loss.
    """
    if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
        return rows
    joined: Tensor = _Gather.apply(rows)
    return joined


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        # What every process's loss says about these rows belongs to them.
        total: Tensor = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        return total.chunk(distributed.get_world_size())[distributed.get_rank()]
