import torch

from hearsight.training.edge_error import edge_error


def test_edges_are_differences_between_neighbours() -> None:
    error = torch.zeros(1, 3, 4, 4)
    assert edge_error(error + 0.3) == 0  # everywhere equally wrong: no edge is
    error[:, :, :, 2:] = 1.0  # an edge too much, between the second and the third column
    torch.testing.assert_close(edge_error(error), torch.tensor(1 / 3))
    torch.testing.assert_close(edge_error(error.mT), torch.tensor(1 / 3))
