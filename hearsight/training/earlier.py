"""What a training had become earlier: its folder as it would be, had it ended at one of its checkpoints.

The thesis (section 4.3.3) measures one training after every tenth of it. Measuring goes by folders, so each of these
moments gets one: the folder of the finished training, with the weights of the checkpoint in the place of the last.
"""

import shutil
from pathlib import Path

from safetensors import safe_open

from hearsight.errors import DataError
from hearsight.files import write_atomically
from hearsight.hub.folder import CONFIG

CHECKPOINTS = "checkpoints"


def earlier(trained: Path, step: int, out: Path) -> Path:
    """Make `out` the folder of the training in the folder `trained` as it was after `step` steps.

    Of what was trained, the checkpoint's averaged weights are taken, where an average was kept. Raises DataError where
    there is no such checkpoint, or what it holds is in no weight file of the folder.
    """
    place = trained / CHECKPOINTS / f"step-{step:06d}"
    if not (place / "weights.safetensors").is_file():
        there = sorted(int(found.name.removeprefix("step-")) for found in (trained / CHECKPOINTS).glob("step-*"))
        raise DataError(
            f"{trained}: has no checkpoint of step {step}, only {', '.join(map(str, there)) or 'none'}; "
            "keep them with train.keep."
        )
    average = place / "average.safetensors"
    learned = average if average.is_file() else place / "weights.safetensors"
    replaced = _holder(trained, learned)
    # The config comes last, so that a folder whose making was interrupted is taken for nothing. What the training wrote
    # besides (its metrics) tells of its end.
    for file in (*sorted(trained.glob("*.safetensors")), trained / CONFIG):
        with write_atomically(out / file.name) as partial:
            shutil.copyfile(learned if file == replaced else file, partial)
    return out


def _holder(trained: Path, learned: Path) -> Path:
    """The weight file of the folder that holds what was learned: the one with the same tensors."""
    wanted = _shapes(learned)
    for file in sorted(trained.glob("*.safetensors")):
        if _shapes(file) == wanted:
            return file
    raise DataError(f"{trained}: none of its weight files holds what {learned.parent.name} has; train it to its end.")


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    with safe_open(file, framework="pt") as tensors:
        return {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118 - no dict
