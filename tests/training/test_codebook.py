import torch

from hearsight.training.codebook import revive


def test_unused_rows_move_onto_latents() -> None:
    torch.manual_seed(0)
    codebook = torch.zeros(6, 2, requires_grad=True)
    usage = torch.tensor([5.0, 0.01, 0.5, 0.0, 0.03, 0.02])
    latent = torch.arange(1.0, 17.0).view(2, 2, 2, 2)
    revive(codebook, usage, latent, least=0.03)
    moved = [1, 3, 5]
    places = latent.movedim(1, -1).reshape(-1, 2).tolist()
    assert all(codebook[row].tolist() in places for row in moved)
    assert not codebook[[0, 2, 4]].any()
    torch.testing.assert_close(usage, torch.tensor([5.0, 1.0, 0.5, 1.0, 0.03, 1.0]))
    before = codebook.detach().clone()
    revive(codebook, usage, latent + 1, least=0.03)  # nothing is dead any more
    assert torch.equal(codebook, before)
