"""The two published Inception-v3 files, each read into the network with its own arithmetic.

inception_v3_google-1a9a5a14.pth        torchvision (BSD-3-Clause): ImageNet, 1000 classes, with an auxiliary head
pt_inception-2015-12-05-6726825d.pth    pytorch-fid (Apache-2.0): TensorFlow's graph that defines FID, 1008 classes

They name their tensors alike, and each would pass for the other with wrong numbers: the classes tell them apart.
"""

import re
from pathlib import Path

import torch

from hearsight.encoders.inception import Arithmetic, Inception, InceptionConfig
from hearsight.errors import WeightsError
from hearsight.hub.converters.renamed_state import fill_renamed, read_state, write_renamed

CLASSES: dict[int, Arithmetic] = {1000: "torchvision", 1008: "tensorflow"}
RENAMED = (  # from our names to the published ones
    (r"^stages\.\d\.", ""),
    (r"\.branches\.pool\.1\.", ".branch_pool."),
    (r"\.branches\.(\w+)\.conv\.", r".branch\1.conv."),
    (r"\.branches\.(\w+)\.bn\.", r".branch\1.bn."),
    (r"^classifier\.", "fc."),
)


def read_inception(path: Path | str, arithmetic: Arithmetic | None = None, *, classifier: bool = True) -> Inception:
    """The Inception-v3 in a published file, on the CPU, ready to use.

    Args:
        path: one of the two files above; its auxiliary head is left out.
        arithmetic: whose pooling, for a file of which the classifier was removed; otherwise its classes say.
        classifier: whether to keep it; features do without.

    Raises WeightsError where the file is missing, unsafe, does not fit, or is neither.
    """
    path = Path(path)
    state = read_state(path, "download torchvision's or pytorch-fid's Inception first")
    state = {name: tensor for name, tensor in state.items() if not name.startswith("AuxLogits.")}
    classes = len(state["fc.weight"]) if "fc.weight" in state else 0
    kind = arithmetic or CLASSES.get(classes)
    if kind is None:
        raise WeightsError(
            f"{path}: {classes or 'no'} classes, where torchvision's file has 1000 and pytorch-fid's 1008; "
            "say whose arithmetic it was trained in (arithmetic='torchvision' or 'tensorflow')."
        )
    if not classifier:
        state, classes = {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}, 0
    with torch.device("meta"):
        network = Inception(InceptionConfig(kind, classes))
    return fill_renamed(network, state, published_name, path)


def write_inception(network: Inception, path: Path | str) -> None:
    """Write `network` in the published layout."""
    write_renamed(network, published_name, Path(path))


def published_name(name: str) -> str:
    """The published name of one of our tensors."""
    for pattern, theirs in RENAMED:
        name = re.sub(pattern, theirs, name)
    # Numbered from 1, and the two convolutions of a fork share a number.
    return re.sub(
        r"\.branches\.(\w+)\.(\d)\.(wide\.|tall\.)?",
        lambda match: f".branch{match[1]}_{int(match[2]) + 1}{ {'wide.': 'a', 'tall.': 'b'}.get(match[3], '') }.",
        name,
    )
