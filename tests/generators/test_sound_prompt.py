import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators.latent_diffusion import learn_tokenizer
from hearsight.generators.sound_prompt import require_sound, tokenise

TOKENIZER = learn_tokenizer(["a photo of a dog", "a red dog beside a cat"], 600, 24)


@pytest.mark.parametrize("prompt", ["", "a photo of a dog", "A  Red dog,4k!", "ünïcode ☃"])
def test_a_prompt_of_words_is_read_as_the_tokenizer_reads_it(prompt):
    expected = TOKENIZER(prompt, padding="max_length", max_length=24, return_tensors="pt").input_ids
    read = tokenise(prompt, TOKENIZER)
    assert torch.equal(read.ids, expected) and read.places == ()


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("<sound>", (1,)),
        ("a <sound>", (2,)),
        ("<sound> a", (1,)),
        ("<sound><sound>", (1, 2)),
        ("a <sound> beside <sound>, red", (2, 4)),
    ],
)
def test_each_sound_takes_one_place_as_a_known_word_would(prompt, places):
    known = learn_tokenizer(["a photo of a dog", "a red dog beside a cat"], 600, 24)
    known.add_tokens("<sound>")
    number = known.convert_tokens_to_ids("<sound>")
    expected = known(prompt, padding="max_length", max_length=24, return_tensors="pt").input_ids
    read = tokenise(prompt, TOKENIZER)
    assert read.places == places == tuple((expected[0] == number).nonzero().flatten().tolist())
    words = expected != number
    assert torch.equal(read.ids[words], expected[words])


def test_a_prompt_without_a_place_for_a_sound():
    assert require_sound("a <sound>") == "a <sound>"
    with pytest.raises(ConfigError, match="prompt='a dog': has no <sound>"):
        require_sound("a dog")


def test_a_prompt_that_is_too_long():
    assert tokenise("a " * 21 + "<sound>", TOKENIZER).places == (22,)
    with pytest.raises(ConfigError, match="has 23 tokens, the text encoder reads 22"):
        tokenise("a " * 22 + "<sound>", TOKENIZER)
