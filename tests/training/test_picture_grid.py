import numpy as np
import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.training.picture_grid import picture_grid


def test_pictures_stand_in_rows() -> None:
    shades = torch.tensor([-1.0, 0.0, 1.0])
    grid = picture_grid(shades[:, None, None, None].expand(3, 3, 2, 4), columns=2)
    assert grid.size == (8, 4)
    pixels = np.asarray(grid)
    assert (pixels[:2, :4] == 0).all() and (pixels[:2, 4:] == 128).all()
    assert (pixels[2:, :4] == 255).all() and (pixels[2:, 4:] == 255).all()  # the third picture, then paper
    assert picture_grid(torch.zeros(2, 3, 2, 2)).size == (4, 2)
    with pytest.raises(ConfigError, match="grid of nothing"):
        picture_grid(torch.zeros(0, 3, 2, 2))
