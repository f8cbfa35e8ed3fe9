"""Files of github.com/guyyariv/AudioToken (MIT): the embedder, and the LoRA layers trained beside it.

`embedder_learned_embeds.bin`       13 tensors, a flat state dict
`lora_layers_learned_embeds.bin`    `<attention>.processor.to_{q,k,v,out}_lora.{down,up}.weight` of every attention
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from hearsight.conditions.token import AudioTokenEmbedder, AudioTokenEmbedderConfig
from hearsight.errors import WeightsError
from hearsight.files import write_atomically
from hearsight.generators.lora import LoRA
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

EMBEDDER, LAYERS = "embedder_learned_embeds.bin", "lora_layers_learned_embeds.bin"

PUBLISHED = {
    "first": "fc1",
    "second": "fc2",
    "pooling.unary_embed": "fga.un_models.0.embed",
    "pooling.unary_reduce": "fga.un_models.0.feature_reduce",
    "pooling.pair_left": "fga.pp_models.0.embed_X",
    "pooling.pair_right": "fga.pp_models.0.embed_Y",
    "pooling.weigh": "fga.reduce_potentials.0",
}
"""Our layers and theirs. Those of the pooling are convolutions of width 1 there: their weights have a third axis."""


def read_embedder(path: Path | str, *, stochastic: bool = False) -> AudioTokenEmbedder:
    """The embedder in a published file, or in one that `write_embedder` wrote; its widths are those of the file.

    Raises WeightsError where the file is missing, unsafe, or of another model; then it lists what does not fit.
    """
    path = Path(path)
    found = _tensors(path, EMBEDDER)
    if "fc1.weight" not in found or "fc2.weight" not in found:
        raise WeightsError(f"{path}: is no AudioToken embedder, it holds {_some(found)}; give {EMBEDDER}.")
    config = AudioTokenEmbedderConfig(found["fc1.weight"].shape[-1], len(found["fc2.weight"]), stochastic=stochastic)
    embedder = AudioTokenEmbedder(config)
    fill(
        embedder,
        {our_name(name): value.squeeze(2) if value.ndim == 3 else value for name, value in found.items()},
        path,
    )
    return embedder.eval()


def write_embedder(embedder: AudioTokenEmbedder, path: Path | str) -> Path:
    """Write the published layout; returns the path."""
    return _save(published_state(embedder), Path(path))


def published_state(embedder: AudioTokenEmbedder) -> dict[str, Tensor]:
    """The state of an embedder under its published names and shapes."""
    return {
        published_name(name): value[..., None] if re.search(r"pooling.*weight", name) else value
        for name, value in embedder.state_dict().items()
    }


def our_name(published: str) -> str:
    """The name here of one of the embedder's published tensors; one that is not known keeps its name."""
    layer, _, kind = published.rpartition(".")
    ours = {theirs: ours for ours, theirs in PUBLISHED.items()}
    return f"{ours.get(layer, layer)}.{kind}"


def published_name(name: str) -> str:
    """The published name of one of the embedder's tensors."""
    layer, _, kind = name.rpartition(".")
    return f"{PUBLISHED[layer]}.{kind}"


def read_lora(path: Path | str, unet: nn.Module) -> LoRA:
    """The published LoRA layers for `unet`; their rank is that of the file. Raises WeightsError as `read_embedder`."""
    path = Path(path)
    found = {lora_name(name): value for name, value in _tensors(path, LAYERS).items()}
    ranks = {len(value) for name, value in found.items() if name.endswith("lora_A.weight")}
    if not ranks:
        raise WeightsError(f"{path}: holds no LoRA layers but {_some(found)}; give {LAYERS}.")
    lora = LoRA(unet, max(ranks))
    fill(lora, found, path)
    return lora.eval()


def write_lora(lora: LoRA, path: Path | str) -> Path:
    """Write LoRA layers in the published layout; returns the path."""
    return _save({published_lora_name(name): value for name, value in lora.state_dict().items()}, Path(path))


def lora_name(published: str) -> str:
    """Today's name, in diffusers and here, of a published LoRA tensor."""
    name = re.sub(r"\.processor\.to_(q|k|v)_lora\.", r".to_\1.", published)
    name = re.sub(r"\.processor\.to_out_lora\.", ".to_out.0.", name)
    return "unet." + name.replace(".down.weight", ".lora_A.weight").replace(".up.weight", ".lora_B.weight")


def published_lora_name(name: str) -> str:
    """The published name of one of our LoRA tensors."""
    name = name.removeprefix("unet.").replace(".to_out.0.", ".to_out.")
    name = re.sub(r"\.to_(q|k|v|out)\.lora_", r".processor.to_\1_lora.lora_", name)
    return name.replace(".lora_A.", ".down.").replace(".lora_B.", ".up.")


def _tensors(path: Path, name: str) -> Mapping[str, Tensor]:
    content = read_published(path, f"give the path of AudioToken's {name}")
    if not is_state_dict(content):
        raise WeightsError(f"{path}: holds {type(content).__name__}, not tensors by name; give {name}.")
    found: Mapping[str, Tensor] = content
    return found


def _some(found: Mapping[str, Tensor]) -> str:
    return f"{', '.join(sorted(found)[:3])} …" if found else "nothing"


def _save(state: Mapping[str, Tensor], path: Path) -> Path:
    with write_atomically(path) as partial:
        torch.save({name: value.detach().cpu().contiguous().clone() for name, value in state.items()}, partial)
    return path
