import torch
from PIL import Image

from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig

SMALL = PartColoursConfig(("head", "wing"), ("red", "blue", "green"), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 16)


def test_a_colour_for_every_part_of_pictures_of_any_size() -> None:
    torch.manual_seed(0)
    reader = PartColours(SMALL).eval()
    assert reader(torch.rand(2, 3, 32, 32)).shape == reader(torch.rand(2, 3, 48, 48)).shape == (2, 2, 3)
    pictures = [Image.new("RGB", (40, 40), colour) for colour in ((200, 20, 20), (20, 20, 200))]
    together = reader.words(pictures)
    assert [reader.words([picture])[0] for picture in pictures] == together
    assert all(set(words) == {"head", "wing"} and set(words.values()) <= {"red", "blue", "green"} for words in together)
    probable = reader.probabilities(pictures)
    torch.testing.assert_close(probable.sum(dim=-1), torch.ones(2, 2))
    assert [SMALL.colours[number] for number in probable[:, 1].argmax(dim=-1)] == [words["wing"] for words in together]
    looks = reader.look(pictures)
    assert looks.shape == (2, 16) and torch.equal(looks[1:], reader.look(pictures[1:]))
    assert reader.look([]).shape == (0, 16) and reader.words([]) == []
