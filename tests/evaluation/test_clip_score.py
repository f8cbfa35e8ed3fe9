import pytest
import torch
from PIL import Image

from hearsight.encoders import brivl_image, clip
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.clip_score import caption_scores, clip_scores

PICTURES = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
TEXTS = ["red", "a lime square", "blue"]


@pytest.fixture(scope="module")
def network() -> CLIP:
    torch.manual_seed(0)
    return CLIP(clip.debug()).eval()


def test_scores_are_the_cosines_of_clip(network):
    scores = clip_scores(SharedSpace.of(network), PICTURES, TEXTS[:2])
    assert scores.shape == (3, 2)
    with torch.no_grad():
        pixels = torch.stack([network.prepare(picture) for picture in PICTURES])
        image, text = network.encode_image(pixels), network.encode_text(network.tokenizer(TEXTS[:2]))
        wanted = torch.cosine_similarity(image[:, None], text[None], dim=-1)
    assert scores == pytest.approx(wanted.numpy(), abs=1e-5)


def test_captions_are_scored_with_their_own_pictures_and_never_below_zero(network):
    space = SharedSpace.of(network)
    wanted = 2.5 * clip_scores(space, PICTURES, TEXTS).diagonal().clip(min=0)
    assert caption_scores(space, PICTURES, TEXTS) == pytest.approx(wanted, abs=1e-6)
    with torch.no_grad():
        network.text.text_projection.weight.neg_()
    turned = caption_scores(space, PICTURES, TEXTS)
    with torch.no_grad():
        network.text.text_projection.weight.neg_()
    assert turned == pytest.approx(2.5 * (-clip_scores(space, PICTURES, TEXTS).diagonal()).clip(min=0), abs=1e-6)
    assert (turned == 0).any() or (wanted == 0).any()


def test_what_has_no_score(network):
    with pytest.raises(DataError, match="3 pictures and 1 captions"):
        caption_scores(SharedSpace.of(network), PICTURES, ["red"])
    with pytest.raises(ConfigError, match="text: cannot be embedded"):
        clip_scores(SharedSpace.of(BriVLImage(brivl_image.debug()).eval()), PICTURES, TEXTS)
