"""Published checkpoints that hold more than tensors, read without building anything else they name.

torch's restricted unpickler makes tensors and plain containers and refuses every other class. Training frameworks left
such classes in their files: callbacks, arguments, numbers of numpy. Those are known by name and mean nothing to us, so
an empty class stands in for each; a file that names any other class is refused.
"""

from pathlib import Path
from typing import Any

import torch

from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import read_published

HARMLESS = ("pytorch_lightning.", "lightning.", "lightning_fabric.", "numpy.", "argparse.Namespace")


class LeftOut:
    """Stands for an object that is not needed and therefore not built."""

    def __init__(self, *ignored: object) -> None:
        """Whatever the object was made of is dropped."""

    def __setstate__(self, ignored: object) -> None:
        """Whatever the object held is dropped."""


def read_without_foreign_classes(path: Path, cure: str) -> Any:
    """What a checkpoint holds, with a `LeftOut` for everything that is neither a tensor nor a plain container.

    Raises WeightsError for a file that is missing, broken or names a class that is not known to be harmless.
    """
    try:
        foreign = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # missing or broken: the reader below says so
        foreign = []
    unknown = sorted(name for name in foreign if not name.startswith(HARMLESS))
    if unknown:
        raise WeightsError(f"{path}: names {', '.join(unknown)}, which weights have no use for; do not trust it.")
    with torch.serialization.safe_globals([(LeftOut, name) for name in foreign]):
        return read_published(path, cure)
