import torch

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.training.feature_loss import FeatureLoss


def test_the_distance_between_unit_features() -> None:
    torch.manual_seed(0)
    eye = PictureClassifier(PictureClassifierConfig(("a", "b"), size=8, width=4, stages=2))
    loss = FeatureLoss(eye)
    wanted, found = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16, requires_grad=True)
    assert loss(wanted, wanted) == 0
    distance = loss(found, wanted)
    total = torch.zeros(())
    one, other = (torch.nn.functional.avg_pool2d(pictures, 2) for pictures in (found, wanted))
    for layer in eye.features:
        one, other = layer(one), layer(other)
        cosine = torch.nn.functional.cosine_similarity(one, other, dim=1)
        size = (one.norm(dim=1) > 0).float() + (other.norm(dim=1) > 0).float()  # a place where nothing is seen has none
        total = total + (size - 2 * cosine).mean()
    torch.testing.assert_close(distance, total, atol=1e-5, rtol=1e-4)
    distance.backward()
    assert found.grad is not None and found.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in eye.parameters())
