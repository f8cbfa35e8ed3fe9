import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation.bird_inception_score import of_part_colours, of_species
from hearsight.evaluation.inception_score import inception_score
from hearsight.pixels import colours

NOISE = [
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)) for seed in range(12)
]


def reader(sure: float = 1.0) -> PartColours:
    torch.manual_seed(0)
    config = PartColoursConfig(("head", "wing"), ("red", "blue", "green"), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 8)
    network = PartColours(config).eval()
    torch.nn.init.normal_(network.head.weight, std=sure)
    return network


def test_the_score_of_every_part_and_their_geometric_mean() -> None:
    network = reader()
    result = of_part_colours(NOISE, network)
    head, wing = (inception_score(network.probabilities(NOISE).numpy()[:, part], splits=1).mean for part in range(2))
    assert (result.details["head"], result.details["wing"], result.details["classes"]) == (head, wing, 3)
    assert 1 < head < 3 and result.value == pytest.approx((head * wing) ** 0.5)
    assert result.samples == 12 and result.interval is not None and result.interval[0] < result.value
    assert result.network.startswith("reader of part colours, resized to 32") and result.better == "higher"
    assert of_part_colours(NOISE, network) == result


def test_birds_that_look_alike_or_have_no_clear_colours_score_one() -> None:
    assert of_part_colours(NOISE[:1] * 12, reader()).value == pytest.approx(1)
    assert of_part_colours(NOISE, reader(sure=0)).value == pytest.approx(1)


def test_a_classifier_of_species_gives_the_plain_score() -> None:
    torch.manual_seed(0)
    classifier = PictureClassifier(PictureClassifierConfig(("gull", "tern", "owl"), size=16, width=4, stages=2)).eval()
    result = of_species(NOISE, classifier)
    probabilities = classifier.probabilities(torch.stack([colours(one) for one in NOISE])).numpy()
    assert result.value == pytest.approx(inception_score(probabilities, splits=1).mean, rel=1e-5)
    assert result.network == "picture classifier of 3 classes, resized to 16"
    assert result.weights_sha256 != of_part_colours(NOISE, reader()).weights_sha256
