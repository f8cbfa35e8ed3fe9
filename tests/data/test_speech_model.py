"""Random, tiny networks of both kinds: what is tested is the way to them and their chance, not what they say."""

import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    PreTrainedTokenizerFast,
    SpeechT5Config,
    SpeechT5ForTextToSpeech,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
    VitsConfig,
    VitsModel,
    VitsTokenizer,
)

from hearsight.data.speech_model import SpeechModel
from hearsight.data.voices import Manner
from hearsight.errors import ConfigError, SoundError, WeightsError


@pytest.fixture(scope="module")
def vits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vits")
    letters = {letter: number for number, letter in enumerate(" abcdefghijklmnopqrstuvwxyz")}
    (folder / "vocab.json").write_text(json.dumps(letters))
    VitsTokenizer(str(folder / "vocab.json"), pad_token=" ", unk_token=" ", phonemize=False).save_pretrained(folder)
    torch.manual_seed(0)
    config = VitsConfig(
        vocab_size=len(letters), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, ffn_dim=8, flow_size=8,
        spectrogram_bins=9, duration_predictor_filter_channels=8, upsample_initial_channel=16,
        upsample_rates=[8, 8], upsample_kernel_sizes=[16, 16], resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]], prior_encoder_num_flows=1, duration_predictor_num_flows=1,
        posterior_encoder_num_wavenet_layers=1, prior_encoder_num_wavenet_layers=1, depth_separable_num_layers=1,
        num_speakers=10, speaker_embedding_size=4, sampling_rate=8000,
    )  # fmt: skip
    VitsModel(config).save_pretrained(folder)
    return folder


def test_vits_says_the_same_twice_and_another_seed_or_voice_differs(vits):
    model = SpeechModel(str(vits))
    state = torch.random.get_rng_state()
    samples, rate = model.say("a red bird", Manner("3", seed=5))
    assert rate == 8000 and samples.dtype == np.float32 and samples.ndim == 1 and np.abs(samples).max() <= 1
    np.testing.assert_array_equal(samples, model.say("a red bird", Manner("3", seed=5))[0])
    assert samples.tobytes() != model.say("a red bird", Manner("3", seed=6))[0].tobytes()
    assert samples.tobytes() != model.say("a red bird", Manner("4", seed=5))[0].tobytes()
    assert torch.equal(state, torch.random.get_rng_state())


def test_voices_are_split_like_those_of_espeak(vits):
    model = SpeechModel(str(vits))
    voices = {
        split: {model.manner(split, np.random.default_rng(seed)).voice for seed in range(100)}
        for split in ("train", "held_out")
    }
    assert voices == {"train": set("01235678"), "held_out": set("49")}


def test_what_does_not_speak_is_refused(vits, tmp_path):
    with pytest.raises(SoundError, match="nothing to say"):
        SpeechModel(str(vits)).say("", Manner("0"))
    with pytest.raises(WeightsError, match="cannot be loaded"):
        SpeechModel(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(WeightsError, match="is of type 'bert' and does not speak"):
        SpeechModel(str(tmp_path))


@pytest.fixture(scope="module")
def speecht5(tmp_path_factory):
    """(network, vocoder, x-vectors)"""
    folder = tmp_path_factory.mktemp("speecht5")
    letters = {letter: number for number, letter in enumerate(["<unk>", *" abcdefghijklmnopqrstuvwxyz"])}
    reader = Tokenizer(WordLevel(letters, "<unk>"))
    reader.pre_tokenizer = Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=reader, unk_token="<unk>")
    torch.manual_seed(0)
    config = SpeechT5Config(
        vocab_size=len(letters), hidden_size=8, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=8,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=8, speech_decoder_prenet_units=8,
        speech_decoder_postnet_units=8, num_mel_bins=8, speaker_embedding_dim=6, max_length=40,
    )  # fmt: skip
    SpeechT5ForTextToSpeech(config).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    vocoder = SpeechT5HifiGanConfig(
        model_in_dim=8, sampling_rate=8000, upsample_initial_channel=8, upsample_rates=[4, 4],
        upsample_kernel_sizes=[8, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
    )  # fmt: skip
    SpeechT5HifiGan(vocoder).save_pretrained(folder / "vocoder")
    np.save(folder / "speakers.npy", np.random.default_rng(0).normal(size=(3, 6)))
    return folder / "model", folder / "vocoder", folder / "speakers.npy"


def test_speecht5_speaks_with_a_vocoder_in_given_voices(speecht5):
    source, vocoder, speakers = speecht5
    model = SpeechModel(str(source), vocoder=str(vocoder), speakers=speakers)
    assert model.voices == 3
    samples, rate = model.say("a red bird", Manner("1", seed=2))
    assert rate == 8000 and samples.ndim == 1 and len(samples) > 0
    assert samples.tobytes() != model.say("a red bird", Manner("2", seed=2))[0].tobytes()
    np.testing.assert_array_equal(samples, model.say("a red bird", Manner("1", seed=2))[0])


def test_speecht5_says_what_it_lacks(speecht5, tmp_path):
    source, vocoder, speakers = speecht5
    with pytest.raises(ConfigError, match="vocoder=None"):
        SpeechModel(str(source), speakers=speakers)
    with pytest.raises(ConfigError, match="speakers=None"):
        SpeechModel(str(source), vocoder=str(vocoder))
    np.save(tmp_path / "wrong.npy", np.zeros((3, 5)))
    with pytest.raises(ConfigError, match=r"has shape \[3, 5\]; give x-vectors \[speaker, 6\]"):
        SpeechModel(str(source), vocoder=str(vocoder), speakers=tmp_path / "wrong.npy")
