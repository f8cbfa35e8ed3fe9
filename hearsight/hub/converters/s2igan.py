"""The files that the published S2IGAN code reads and writes (github.com/xinshengwang/S2IGAN), one network each.

best_audio_model.pth          SpeechEncoder
best_image_model.pth          PictureEncoder.projection, a linear layer
best_class_model.pth          SpeechEmbedding.classifier, a linear layer
netG_EPOCH.pth                StackedGenerator (averaged weights)
netD0.pth netD1.pth netD2.pth Discriminator at 64, 128 and 256 pixels
netMD.pth                     RelationClassifier

    encoder = read_network(SpeechEncoder(speech.published()), "best_audio_model.pth")

A network may be built under `torch.device("meta")`: it takes over the file's tensors.
"""

import re
from pathlib import Path
from typing import TypeVar

from torch import nn

from hearsight.encoders.speech import SpeechEncoder
from hearsight.errors import ConfigError
from hearsight.generators.relation_classifier import RelationClassifier
from hearsight.generators.stacked_discriminator import Discriminator
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.hub.converters.renamed_state import PARALLEL, fill_renamed, read_state, write_renamed

Network = TypeVar("Network", bound=nn.Module)
Rules = tuple[tuple[str, str], ...]
"""Beginnings of our names and what they are in the published ones; `<2+1>` is the number in group 2, plus 1."""

SPEECH: Rules = (
    (r"^convolutions\.(\d)", "Conv<1+1>"),
    (r"^norms\.(\d)", "bnorm<1+1>"),
    (r"^gru\.", "rnn."),
    (r"^attention\.", "att.att_heads.0."),
)
LINEAR: Rules = ((r"^", "L1."),)
RELATION: Rules = ((r"^hidden\.", "L1."), (r"^norm\.", "b1."), (r"^out\.", "L2."))
GENERATOR: Rules = (
    (r"^augmentation\.linear\.", "ca_net.fc."),
    (r"^first\.linear\.", "h_net1.fc.0."),
    (r"^first\.norm\.", "h_net1.fc.1."),
    (r"^first\.ups\.(\d)\.conv\.", "h_net1.upsample<1+1>.1."),
    (r"^first\.ups\.(\d)\.norm\.", "h_net1.upsample<1+1>.2."),
    (r"^later\.(\d)\.joint\.conv\.", "h_net<1+2>.jointConv.0."),
    (r"^later\.(\d)\.joint\.norm\.", "h_net<1+2>.jointConv.1."),
    (r"^later\.(\d)\.residuals\.(\d)\.first\.conv\.", "h_net<1+2>.residual.<2+0>.block.0."),
    (r"^later\.(\d)\.residuals\.(\d)\.first\.norm\.", "h_net<1+2>.residual.<2+0>.block.1."),
    (r"^later\.(\d)\.residuals\.(\d)\.second\.", "h_net<1+2>.residual.<2+0>.block.3."),
    (r"^later\.(\d)\.residuals\.(\d)\.norm\.", "h_net<1+2>.residual.<2+0>.block.4."),
    (r"^later\.(\d)\.up\.conv\.", "h_net<1+2>.upsample.1."),
    (r"^later\.(\d)\.up\.norm\.", "h_net<1+2>.upsample.2."),
    (r"^painters\.(\d)\.conv\.", "img_net<1+1>.img.0."),
)


def read_network(network: Network, path: Path | str) -> Network:
    """`network` with the weights of a published file, ready to use; keys with and without `module.` are read.

    Raises WeightsError where the file is missing, unsafe or does not fit, ConfigError for a network that has no file.
    """
    path = Path(path)
    rules = _rules(network)
    state = read_state(path, "download or train it with the published code first")
    return fill_renamed(network, state, lambda name: _renamed(name, rules), path)


def write_network(network: nn.Module, path: Path | str) -> None:
    """Write `network` as the published code would."""
    rules = _rules(network)
    write_renamed(network, lambda name: _renamed(name, rules), Path(path), PARALLEL)


def _rules(network: nn.Module) -> Rules:
    match network:
        case SpeechEncoder():
            return SPEECH
        case StackedGenerator():
            return GENERATOR
        case Discriminator():
            return _discriminator(network)
        case RelationClassifier():
            return RELATION
        case nn.Linear():
            return LINEAR
    raise ConfigError(f"{type(network).__name__}: has no published S2IGAN file; give one of the networks that do.")


def _discriminator(network: Discriminator) -> Rules:
    """A discriminator's names tell how far a picture has been shrunk: by 16, 32, 64."""
    halvings = len(network.down)
    shrinking: list[tuple[str, str]] = [(r"^down\.0\.conv\.", "img_code_s16.0.")]
    for layer in range(1, halvings):
        place, conv = ("img_code_s16", 3 * layer - 1) if layer < 4 else (f"img_code_s{2 ** (layer + 1)}", 0)
        shrinking += [
            (rf"^down\.{layer}\.conv\.", f"{place}.{conv}."),
            (rf"^down\.{layer}\.norm\.", f"{place}.{conv + 1}."),
        ]
    return (
        *shrinking,
        (r"^narrow\.(\d)\.conv\.", f"img_code_s{2**halvings}_<1+1>.0."),
        (r"^narrow\.(\d)\.norm\.", f"img_code_s{2**halvings}_<1+1>.1."),
        (r"^joint\.conv\.", "jointConv.0."),
        (r"^joint\.norm\.", "jointConv.1."),
        (r"^matching\.", "logits.0."),
        (r"^alone\.", "uncond_logits.0."),
    )


def _renamed(name: str, rules: Rules) -> str:
    for pattern, theirs in rules:
        if found := re.match(pattern, name):
            return _counted(theirs, found) + name[found.end() :]
    return name


def _counted(theirs: str, found: re.Match[str]) -> str:
    def number(part: re.Match[str]) -> str:
        return str(int(found[int(part[1])]) + int(part[2]))

    return re.sub(r"<(\d)\+(\d)>", number, theirs)
