"""Which of the two published files is which; tests/parity reads them in full."""

from pathlib import Path

import pytest
import torch

from hearsight.encoders.inception import Inception, InceptionConfig
from hearsight.errors import WeightsError
from hearsight.hub.converters.inception import published_name, read_inception, write_inception


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in each layout and one without a classifier, as they are made by programs that strip it."""
    folder = tmp_path_factory.mktemp("inception")
    network = Inception(InceptionConfig(classes=1000))
    write_inception(network, folder / "torchvision.pth")
    state = torch.load(folder / "torchvision.pth", weights_only=True)
    state = {name: value for name, value in state.items() if "num_batches" not in name}  # as in older files
    torch.save({**state, "AuxLogits.fc.bias": torch.zeros(1000)}, folder / "torchvision.pth")
    wider = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    torch.save({**state, **wider}, folder / "tensorflow.pth")
    torch.save({name: value for name, value in state.items() if name[:3] != "fc."}, folder / "stripped.pth")
    return folder


def test_classes_tell_whose_arithmetic_it_is(folder: Path) -> None:
    assert read_inception(folder / "torchvision.pth").config == InceptionConfig("torchvision", 1000)
    assert read_inception(folder / "tensorflow.pth").config == InceptionConfig("tensorflow", 1008)
    features = read_inception(folder / "tensorflow.pth", classifier=False)
    assert features.config == InceptionConfig("tensorflow", 0) and not features.training


def test_a_stripped_file_has_to_be_told(folder: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"stripped.pth: no classes, where .* \(arithmetic='torchvision' or 'tensorflow'\)"
    ):
        read_inception(folder / "stripped.pth")
    assert read_inception(folder / "stripped.pth", "tensorflow").config == InceptionConfig("tensorflow", 0)


def test_another_network_is_refused(folder: Path) -> None:
    torch.save({"fc.weight": torch.zeros(1000, 512), "conv1.weight": torch.zeros(1)}, folder / "other.pth")
    with pytest.raises(WeightsError, match=r"unexpected \(1\): conv1.weight; misshaped \(1\): classifier.weight"):
        read_inception(folder / "other.pth")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("stages.0.Conv2d_1a_3x3.conv.weight", "Conv2d_1a_3x3.conv.weight"),
        ("stages.2.Mixed_5b.branches.1x1.bn.bias", "Mixed_5b.branch1x1.bn.bias"),
        ("stages.2.Mixed_6b.branches.7x7dbl.4.conv.weight", "Mixed_6b.branch7x7dbl_5.conv.weight"),
        ("stages.3.Mixed_7b.branches.3x3dbl.2.tall.bn.weight", "Mixed_7b.branch3x3dbl_3b.bn.weight"),
        ("stages.3.Mixed_7c.branches.pool.1.conv.weight", "Mixed_7c.branch_pool.conv.weight"),
        ("classifier.bias", "fc.bias"),
    ],
)
def test_published_names(ours: str, theirs: str) -> None:
    assert published_name(ours) == theirs
