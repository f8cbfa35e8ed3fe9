import torch

from hearsight.seeds import derive, generator, noise


def test_derived_seeds_are_fixed_for_ever():
    assert derive(0, "noise") == derive(0, "noise") == 7958856190608717080


def test_parts_are_kept_apart():
    assert len({derive(1, 23), derive(12, 3), derive("1", "2", "3"), derive(123)}) == 4


def test_derived_seeds_fit_every_generator():
    assert all(0 <= derive(number) < 2**63 for number in range(100))


def test_a_single_number_is_the_seed_itself():
    expected = torch.randn(5, generator=torch.Generator().manual_seed(7))
    assert torch.equal(noise((5,), generator(7)), expected)


def test_several_parts_make_their_own_stream():
    assert not torch.equal(noise((5,), generator(7, "picture")), noise((5,), generator(7)))


def test_noise_is_standard_normal():
    drawn = noise((20000,), generator(0))
    assert drawn.dtype == torch.float32
    assert abs(float(drawn.mean())) < 0.03
    assert abs(float(drawn.std()) - 1) < 0.03
