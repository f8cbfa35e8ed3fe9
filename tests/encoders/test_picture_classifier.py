import pytest
import torch

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig


@pytest.fixture
def judge() -> PictureClassifier:
    torch.manual_seed(0)
    return PictureClassifier(PictureClassifierConfig(("a", "b", "c"), size=16, width=4, stages=2)).eval()


def pictures(size: int = 16) -> torch.Tensor:
    return torch.randint(256, (5, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_one_score_per_class_and_picture(judge):
    assert judge(pictures().float() / 127.5 - 1).shape == (5, 3)


def test_probabilities_are_the_softmax_of_the_scores(judge):
    probabilities = judge.probabilities(pictures())
    torch.testing.assert_close(probabilities, judge(pictures().float() / 127.5 - 1).softmax(dim=-1))
    torch.testing.assert_close(probabilities.sum(dim=-1), torch.ones(5))
    assert len({tuple(row) for row in probabilities.tolist()}) == 5


def test_larger_pictures_are_looked_at_by_area(judge):
    larger = pictures().repeat_interleave(3, dim=2).repeat_interleave(3, dim=3)
    torch.testing.assert_close(judge.probabilities(larger), judge.probabilities(pictures()))


def test_a_picture_is_judged_without_regard_to_its_company(judge):
    judge.train()  # probabilities are for use, never for learning
    together = judge.probabilities(pictures())
    alone = torch.cat([judge.probabilities(picture[None]) for picture in pictures()])
    torch.testing.assert_close(together, alone)


def test_stages_halve_the_side_and_double_the_width(judge):
    assert judge.features(torch.zeros(1, 3, 16, 16)).shape == (1, 8, 8, 8)
