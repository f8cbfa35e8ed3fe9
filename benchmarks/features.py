"""Pictures per second through Inception, from files to features: ours beside the loop of pytorch-fid.

pytorch-fid cannot be installed without torchvision. Its loop is written here after its structure: a DataLoader opens
files as values in [0, 1], fifty at once, the network resizes them, and rows are copied into one array. Both run on the
same network with the same random weights, in this process, without worker processes.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks import subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.data.things import picture
from hearsight.encoders.inception import DEPTHS, Inception, fid
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.features import extract
from hearsight.evaluation.resizing import for_inception

SIDE = 256
BATCH = 50
"""pytorch-fid's default"""


def measure(setting: Setting) -> list[Comparison]:
    """From picture files to their features, new and known."""
    count = 2 if setting.debug else 16
    torch.manual_seed(0)
    network = Inception(fid()).eval()
    note = f"{subject.parameters(network) / 1e6:.1f} M parameters, fp32"
    with TemporaryDirectory() as place:
        folder = Path(place)
        paths = _pictures(folder, count)
        eye = _eye(network)
        extract(eye, paths, folder / "known")
        rows = race(
            [
                Contender("hearsight: one by one, kept by content", _anew(eye, paths, folder), note, count),
                Contender("hearsight: all at once, kept by content", _anew(eye, paths, folder, count), "fp32", count),
                Contender("the loop of pytorch-fid: all at once", lambda: _loop(network, paths), "fp32", count),
                Contender("hearsight: known already", lambda: extract(eye, paths, folder / "known")[:], "", count),
            ],
            setting,
        )
    return [Comparison(f"Features: {count} pictures of {SIDE} x {SIDE} through FID's Inception", "picture", rows)]


def _eye(network: Inception) -> FeatureNetwork:
    return FeatureNetwork(
        "Inception-v3, random weights",
        "none",
        DEPTHS[-1],
        lambda path: for_inception(picture(path), "pytorch-fid"),
        lambda pixels: network(torch.stack(list(pixels))),
    )


def _anew(eye: FeatureNetwork, paths: list[Path], folder: Path, batch: int = 1) -> Callable[[], object]:
    """Extraction into a cache that knows nothing: each time one of another name."""
    turn = iter(range(1 << 30))

    def run() -> object:
        return extract(replace(eye, name=f"turn {next(turn)}"), paths, folder / f"new{batch}", batch=batch)[:]

    return run


class _Files(Dataset[Tensor]):
    """Pictures as values in [0, 1]."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Tensor:
        image = Image.open(self.paths[number]).convert("RGB")
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float().div(255)


@torch.no_grad()
def _loop(network: Inception, paths: list[Path]) -> np.ndarray:
    """The published loop's structure."""
    features = np.empty((len(paths), DEPTHS[-1]))
    start = 0
    for batch in DataLoader(_Files(paths), batch_size=min(BATCH, len(paths))):
        rows = network(2 * batch - 1).cpu().numpy()
        features[start : start + len(rows)] = rows
        start += len(rows)
    return features


def _pictures(folder: Path, count: int) -> list[Path]:
    random = np.random.default_rng(0)
    paths = [folder / f"{number}.png" for number in range(count)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(path)
    return paths
