import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.config import build, plain
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

SIZES = (audioclip.published, audioclip.pocket, audioclip.debug, audioclip.debug_fbsp)


@pytest.fixture(scope="module", params=(audioclip.debug, audioclip.debug_fbsp), ids=("log_mel", "fbsp"))
def model(request: pytest.FixtureRequest) -> AudioCLIP:
    torch.manual_seed(0)
    return AudioCLIP(request.param()).eval()


def sound(seconds: float, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, round(8000 * seconds))).astype(np.float32)
    return Sound(samples, 8000)


def picture(color: str) -> Image.Image:
    return Image.new("RGB", (40, 50), color)


@pytest.mark.parametrize("size", SIZES)
def test_config_survives_json(size) -> None:
    config = size()
    again = build(AudioCLIPConfig, json.loads(json.dumps(plain(config))))
    assert again == config and type(again.audio) is type(config.audio)


def test_rate_of_window_and_head_must_agree() -> None:
    with pytest.raises(ConfigError, match=r"window\.rate=8000: the audio head hears 22050"):
        dataclasses.replace(audioclip.debug(), window=Window(8000, 1.0))


def test_company_never_changes_a_number(model: AudioCLIP) -> None:
    sounds = [sound(0.3), sound(2.7, seed=1), sound(1.0, seed=2)]
    together = model.hear(sounds)
    assert together.shape == (3, 16)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, alone in zip(together, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))


def test_a_long_sound_is_the_average_of_its_windows(model: AudioCLIP) -> None:
    long = sound(3 * model.config.window.seconds)
    windows = model.config.window.cut(long).samples
    assert len(windows) == 3
    with torch.no_grad():
        wanted = audioclip.unit(model.encode_audio(windows[:, None]).mean(dim=0, keepdim=True))
    torch.testing.assert_close(model.hear([long]), wanted, atol=1e-5, rtol=1e-4)


def test_see_and_read_give_unit_embeddings(model: AudioCLIP) -> None:
    for rows in (model.see([picture("red"), picture("blue")]), model.read(["dog", "a very long label"])):
        assert rows.shape == (2, 16)
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(2))
        assert not torch.allclose(rows[0], rows[1])


def test_read_leaves_out_padding_without_changing_the_answer(model: AudioCLIP) -> None:
    with torch.no_grad():
        wanted = audioclip.unit(model.encode_text(model.tokenizer(["dog, bark"])))
    torch.testing.assert_close(model.read([["dog", "bark"]]), wanted)
    longest = "x" * (model.config.text.context - 2)
    with torch.no_grad():
        torch.testing.assert_close(model.read([longest]), audioclip.unit(model.encode_text(model.tokenizer([longest]))))


def test_nothing_in_nothing_out(model: AudioCLIP) -> None:
    assert model.hear([]).shape == model.see([]).shape == model.read([]).shape == (0, 16)


@pytest.mark.parametrize("labels", [["dog", "rain", "clock"], [picture("red"), picture("blue"), picture("lime")]])
def test_classify_compares_with_texts_or_pictures(model: AudioCLIP, labels: list) -> None:
    sounds = [sound(0.5), sound(0.5, seed=1)]
    probabilities = model.classify(sounds, labels)
    known = model.read(labels) if isinstance(labels[0], str) else model.see(labels)
    wanted = (model.hear(sounds) @ known.mT / 0.07).softmax(dim=1)  # an untrained temperature is CLIP's first
    torch.testing.assert_close(probabilities, wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(2))


def test_classify_says_what_it_cannot_compare(model: AudioCLIP) -> None:
    with pytest.raises(ConfigError, match="no labels"):
        model.classify([sound(0.5)], [])
    with pytest.raises(ConfigError, match="two kinds"):
        model.classify([sound(0.5)], ["dog", picture("red")])


def test_loss_is_that_of_the_pairs(model: AudioCLIP) -> None:
    """Three pairs: the mean of six cross entropies; one pair: the sum of two; the fbsp head adds its penalty."""
    generator = torch.Generator().manual_seed(0)
    rows = {name: torch.randn(4, 16, generator=generator) for name in ("audio", "image", "text")}
    penalty = model.audio.norm_loss() if hasattr(model.audio, "norm_loss") else torch.tensor(0.0)

    def entropies(one: str, other: str) -> torch.Tensor:
        cosines = torch.nn.functional.cosine_similarity(rows[one][:, None], rows[other], dim=-1) / 0.07
        return -(cosines.log_softmax(1).diag().mean() + cosines.log_softmax(0).diag().mean())

    six = sum(entropies(*pair) for pair in itertools.combinations(rows, 2))
    torch.testing.assert_close(model.loss(**rows), six / 6 + penalty)
    for pair in itertools.combinations(rows, 2):
        wanted = entropies(*pair) + (penalty if "audio" in pair else 0)
        torch.testing.assert_close(model.loss(**{name: rows[name] for name in pair}), wanted)
    with pytest.raises(ConfigError, match="one modality"):
        model.loss(audio=rows["audio"])


def test_training_pulls_pairs_together() -> None:
    torch.manual_seed(0)
    model = AudioCLIP(audioclip.debug()).train()
    waveform = torch.stack([torch.sin(torch.arange(22050) * pitch / 20) for pitch in (1, 3, 5, 9)])[:, None]
    tokens = model.tokenizer(["dog", "rain", "clock", "cat"])
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = model.loss(audio=model.encode_audio(waveform), text=model.encode_text(tokens))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) / 5 < 0.2 * losses[0]


def test_training_mode_is_refused_where_numbers_must_stay() -> None:
    model = AudioCLIP(audioclip.debug())
    with pytest.raises(ConfigError, match=r"hear: .*\.eval\(\)"):
        model.hear([sound(0.5)])


def test_clip_text_without_its_vocabulary_says_what_to_give() -> None:
    config = dataclasses.replace(audioclip.debug(), text=dataclasses.replace(audioclip.debug().text, tokenizer="clip"))
    model = AudioCLIP(config).eval()
    with pytest.raises(WeightsError, match=r"vocab\.json"):
        model.read(["dog"])
