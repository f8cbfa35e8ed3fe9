import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.encoders.clip_resnet import DEVIATION, MEAN, AttentionPool, CLIPResNet, CLIPResNetConfig, normalise

CONFIG = CLIPResNetConfig(layers=(1, 1, 1, 1), width=8, size=64, head_width=32)


@pytest.fixture(scope="module")
def head() -> CLIPResNet:
    torch.manual_seed(0)
    return CLIPResNet(CONFIG, embed=16).eval()


@pytest.mark.parametrize("size", [(64, 64), (300, 100), (100, 301), (3, 500), (1, 1)])
def test_pictures_of_any_size_are_looked_at_in_their_middle(head: CLIPResNet, size: tuple[int, int]) -> None:
    pixels = head.prepare(Image.new("RGB", size, (255, 0, 0)))
    assert pixels.shape == (3, 64, 64)
    wanted = (torch.tensor([1.0, 0.0, 0.0]) - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    torch.testing.assert_close(pixels, wanted[:, None, None].expand(3, 64, 64))


def test_a_picture_of_the_right_size_is_not_resampled(head: CLIPResNet) -> None:
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    wanted = normalise(torch.from_numpy(values).permute(2, 0, 1)[None] / 255)[0]
    torch.testing.assert_close(head.prepare(Image.fromarray(values)), wanted)


def test_the_centre_is_cut_out(head: CLIPResNet) -> None:
    picture = Image.new("RGB", (192, 64), "white")
    picture.paste("black", (64, 0, 128, 64))
    pixels = head.prepare(picture)
    torch.testing.assert_close(pixels, pixels[:, :1, :1].expand_as(pixels))


def test_places_are_told_apart() -> None:
    torch.manual_seed(0)
    pool, features = AttentionPool(64, side=2, heads=2, embed=16), torch.randn(1, 64, 2, 2)
    assert pool(features).shape == (1, 16)
    assert (pool(features) - pool(features.flip(-1))).abs().max() > 1e-3
    with torch.no_grad():
        pool.positional_embedding.zero_()
    torch.testing.assert_close(pool(features), pool(features.flip(-1)))


def test_learns() -> None:
    torch.manual_seed(0)
    head = CLIPResNet(CONFIG, embed=16).train()
    head(torch.randn(4, 3, 64, 64)).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())


def test_published_size() -> None:
    with torch.device("meta"):
        head = CLIPResNet(CLIPResNetConfig(), embed=1024)
    assert head.pool.positional_embedding.shape == (50, 2048)
    assert head.pool.heads == 32
