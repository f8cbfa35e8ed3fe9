import torch

from hearsight.training.token_losses import classification, energy, sparsity

TOKEN = torch.tensor([[3.0, -4.0], [1.0, 1.0]])


def test_sparsity_per_channel_or_whole():
    assert sparsity(TOKEN).item() == 2.25
    assert sparsity(TOKEN, "paper").item() == 4.5  # the mean of 7 and 2


def test_energy():
    assert energy(TOKEN).item() == 13.5  # the mean of 25 and 2


def test_the_square_before_or_after_the_mean():
    label = torch.tensor([[6.0, -8.0], [-2.0, -2.0]])  # cosines 1 and -1
    torch.testing.assert_close(classification(TOKEN, label), torch.tensor(1.0))
    torch.testing.assert_close(classification(TOKEN, label, "paper"), torch.tensor(2.0))
    torch.testing.assert_close(classification(TOKEN, 5 * TOKEN, "paper"), torch.tensor(0.0))
