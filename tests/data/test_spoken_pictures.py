import numpy as np

from hearsight.data.spoken_pictures import drawn


def test_every_number_is_drawn_as_often() -> None:
    random = np.random.default_rng(0)
    counts = np.bincount([drawn(range(3, 6), random) for _ in range(3000)])
    assert (counts[:3] == 0).all() and (abs(counts[3:] - 1000) < 120).all()
    assert drawn(np.array([8]), random) == 8
