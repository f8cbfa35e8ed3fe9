"""Batches of pictures: functions of their number, classes equally often."""

import numpy as np
import torch

from hearsight.data.pictures import Pictures
from hearsight.training.picture_batches import PictureBatches


def pictures() -> Pictures:
    """Three classes of one, two and five pictures, each of one shade, which says its class."""
    classes = np.repeat([0, 1, 2], [1, 2, 5])
    pixels = np.broadcast_to((50 * classes)[:, None, None, None], (8, 3, 4, 4)).astype(np.uint8)
    return Pictures(pixels, classes, ("a", "b", "c"))


def test_a_batch_is_a_function_of_its_number() -> None:
    batches = PictureBatches(pictures(), 5, seed=3)
    one, again, other = (batches.batch(number)["pictures"] for number in (4, 4, 5))
    assert one.shape == (5, 3, 4, 4) and one.min() >= -1 and one.max() <= 1
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert not torch.equal(one, PictureBatches(pictures(), 5, seed=4).batch(4)["pictures"])


def test_classes_come_up_equally_often() -> None:
    shades = PictureBatches(pictures(), 9, seed=0).batch(0)["pictures"][:, 0, 0, 0]
    counted = torch.bincount(((shades + 1) * 127.5 / 50).round().long())
    assert counted.tolist() == [3, 3, 3]
