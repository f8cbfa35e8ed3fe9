import numpy as np
import pytest
from PIL import Image

from hearsight.data.picture_augmentation import PictureAugmentation, vary
from hearsight.errors import ConfigError

NOTHING = {"jitter": 1.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0, "grey": 0.0}


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(40, 200, (8, 8, 3)).astype(np.uint8))


def varied(seed: int = 0, **settings: float) -> np.ndarray:
    config = PictureAugmentation(**{**NOTHING, **settings})
    return np.asarray(vary(picture(), config, np.random.default_rng(seed)), dtype=float)


def test_without_strength_only_rounding_changes_a_picture() -> None:
    assert np.abs(varied() - np.asarray(picture(), dtype=float)).max() <= 8  # the way to hue and back


def test_brightness_is_a_factor_and_contrast_is_about_the_mean() -> None:
    plain = varied()
    factors = [varied(seed, brightness=0.4).mean() / plain.mean() for seed in range(30)]
    assert 0.58 < min(factors) < 0.75 and 1.15 < max(factors) < 1.42
    contrasts = [varied(seed, contrast=0.4) for seed in range(30)]
    assert max(abs(one.mean() / plain.mean() - 1) for one in contrasts) < 0.06
    assert (
        min(one.std() for one in contrasts)
        < 0.8 * plain.std()
        < 1.2 * plain.std()
        < max(one.std() for one in contrasts)
    )


def test_hue_turns_colours_around_the_circle() -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    config = PictureAugmentation(**{**NOTHING, "hue": 0.5})
    seen = {vary(red, config, np.random.default_rng(seed)).getpixel((0, 0)) for seed in range(40)}
    assert all(max(colour) >= 250 and min(colour) <= 5 for colour in seen)
    assert any(colour[2] >= 250 for colour in seen) and any(colour[1] >= 250 for colour in seen)


def test_a_fifth_of_the_pictures_is_grey_as_in_brivl() -> None:
    random, grey = np.random.default_rng(0), 0
    for _ in range(300):
        seen = np.asarray(vary(picture(), PictureAugmentation(), random))
        grey += bool((seen == seen[..., :1]).all())
    assert 40 <= grey <= 80


def test_it_is_a_function_of_the_generator() -> None:
    one, again, other = (
        np.asarray(vary(picture(), PictureAugmentation(), np.random.default_rng(seed))) for seed in (3, 3, 4)
    )
    assert np.array_equal(one, again) and not np.array_equal(one, other)


@pytest.mark.parametrize("wrong", [{"grey": 1.5}, {"hue": 0.6}, {"contrast": -0.1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigError, match=f"{name}="):
        PictureAugmentation(**wrong)
