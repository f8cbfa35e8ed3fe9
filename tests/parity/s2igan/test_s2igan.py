"""The published S2IGAN networks: same weights, same numbers as their authors' code."""

from pathlib import Path
from typing import TypeVar

import pytest
import torch
from synth import Kit
from torch import nn

from hearsight.encoders import speech, speech_embedding
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import PictureEncoder
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_discriminator import Discriminator
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.hub.converters.inception import read_inception
from hearsight.hub.converters.s2igan import read_network, write_network
from hearsight.sound import Sound

KIT = Kit(Path(__file__).parent)
Network = TypeVar("Network", bound=nn.Module)


def tensor(case: str, name: str) -> torch.Tensor:
    return torch.from_numpy(KIT.input(case, name))


def load(network: Network, name: str, folder: Path) -> Network:
    """The stand-in file in the published layout, through our loader, and back into a file with the same tensors."""
    file, again = folder / name, folder / f"again_{name}"
    published = KIT.checkpoint(name)
    torch.save(published, file)
    read = read_network(network, file)
    write_network(read, again)
    written = torch.load(again, weights_only=True)
    assert written.keys() == published.keys()
    assert all(torch.equal(written[key], value) for key, value in published.items())
    file.unlink()
    again.unlink()
    return read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s2igan")


@pytest.fixture(scope="module")
def ear(folder: Path) -> SpeechEncoder:
    return load(SpeechEncoder(speech.published()), "best_audio_model.pth", folder)


@pytest.fixture(scope="module")
def classifier(folder: Path) -> nn.Linear:
    return load(nn.Linear(1024, 150), "best_class_model.pth", folder)


def test_spectrogram() -> None:
    sound = Sound(tensor("mel", "wave").numpy()[None], 22050)
    KIT.check("mel", "log_mel", SpeechEncoder(speech.published()).spectrogram(sound))


def test_one_sentence(ear: SpeechEncoder, classifier: nn.Linear) -> None:
    with torch.no_grad():
        embedding = ear(tensor("speech", "mel"), tensor("speech", "length"))
        KIT.check("speech", "embedding", embedding)
        KIT.check("speech", "class_logits", classifier(embedding))


def test_sentences_whose_padding_is_heard(ear: SpeechEncoder, classifier: nn.Linear) -> None:
    """As published. By default padding stays out, and every sentence is embedded as if it were alone."""
    mel, lengths = tensor("speech_batch", "mel"), tensor("speech_batch", "length")
    assert lengths[0] > lengths[1] > lengths[2]
    as_published = SpeechEncoder(speech.SpeechEncoderConfig(padding="heard")).eval()
    as_published.load_state_dict(ear.state_dict())
    with torch.no_grad():
        embedding = as_published(mel, lengths)
        KIT.check("speech_batch", "embedding", embedding)
        KIT.check("speech_batch", "class_logits", classifier(embedding))
        apart = torch.cat(
            [ear(mel[row : row + 1, :length], lengths[row : row + 1]) for row, length in enumerate(lengths)]
        )
        torch.testing.assert_close(ear(mel, lengths), apart, rtol=1e-5, atol=1e-7)
    assert (embedding - apart).abs().max(dim=1).values[1:].min() > 1e-4


def test_pictures(folder: Path, classifier: nn.Linear) -> None:
    name = "inception_v3_google-1a9a5a14.pth"
    torch.save(KIT.checkpoint(name), folder / name)
    with torch.device("meta"):
        eye = PictureEncoder(speech_embedding.published().picture, 1024)
    eye.trunk = read_inception(folder / name, classifier=False)
    (folder / name).unlink()
    eye.projection = load(nn.Linear(2048, 1024), "best_image_model.pth", folder)
    pixels = tensor("image", "x")
    with torch.no_grad():
        embedding = eye(pixels)
        KIT.check("image", "feature", eye.features(pixels))
        KIT.check("image", "embedding", embedding)
        KIT.check("image", "class_logits", classifier(embedding))


def test_generator(folder: Path) -> None:
    with torch.device("meta"):
        empty = StackedGenerator(stacked_gan.published())
    generator = load(empty, "netG_599.pth", folder)
    with torch.no_grad():
        drawn = generator(tensor("generate", "embedding"), tensor("generate", "z"), tensor("generate", "eps"))
    KIT.check("generate", "mu", drawn.cloud.mean)
    KIT.check("generate", "logvar", drawn.cloud.log_variance)
    for pictures in drawn.pictures:
        KIT.check("generate", f"image{pictures.shape[-1]}", pictures)


@pytest.mark.parametrize(("number", "side"), [(0, 64), (1, 128), (2, 256)])
def test_discriminators(number: int, side: int, folder: Path) -> None:
    with torch.device("meta"):
        empty = Discriminator(stacked_discriminator.published(), side, 128)
    discriminator = load(empty, f"netD{number}.pth", folder)
    with torch.no_grad():
        verdict = discriminator(tensor("discriminate", f"x{side}"), tensor("discriminate", "c"))
    KIT.check("discriminate", f"cond_logit{side}", verdict.matching)
    KIT.check("discriminate", f"uncond_logit{side}", verdict.alone)
    KIT.check("discriminate", f"cond{side}", verdict.matching.sigmoid())
    KIT.check("discriminate", f"uncond{side}", verdict.alone.sigmoid())


def test_relation_classifier(folder: Path) -> None:
    classifier = load(RelationClassifier(RelationConfig()), "netMD.pth", folder)
    with torch.no_grad():
        KIT.check("relation", "logits", classifier(tensor("relation", "a"), tensor("relation", "b")))


def test_every_case_is_checked() -> None:
    assert set(KIT.cases) == {"mel", "speech", "speech_batch", "image", "generate", "discriminate", "relation"}
