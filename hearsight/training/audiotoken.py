"""Train the embedder of AudioToken (Yariv et al. 2023, section 2.1, optimisation), everything else being frozen.

    L = L_LDM + l1 ||token||_1 + classification L_CL                                              equations 2, 7-9

L_LDM is the loss the pipeline was trained with: the noise (or velocity) that was mixed into a picture's latent is to be
found again, while the pipeline reads a prompt in which the sound's token stands. The encoder's features of all sounds
and the autoencoder's latents of all pictures are computed once and cached, so that a step costs neither.
"""

import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.conditions.token import AudioTokenEmbedder, AudioTokenEmbedderConfig
from hearsight.data.encodings import Encode, Encodings, FreshEncodings, encode_files, fingerprint
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.mel_clips import RandomLevel, varied
from hearsight.data.shard_members import contents
from hearsight.data.token_pairs import Pairing, SoundsWithPictures, TokenBatches
from hearsight.data.words import name
from hearsight.device import usable_device
from hearsight.encoders.beats import BEATs
from hearsight.encoders.xvector import XVector
from hearsight.errors import ConfigError, DataError
from hearsight.generators.lora import LoRAConfig
from hearsight.generators.sound_prompt import SOUND, require_sound
from hearsight.generators.stable_diffusion import StableDiffusion
from hearsight.hub.folder import load_weights
from hearsight.pixels import to_pixels
from hearsight.seeds import derive
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import FilterBank
from hearsight.systems.audiotoken import AudioToken, AudioTokenConfig, Sampling
from hearsight.systems.audiotoken_parts import open_pipeline, read_encoder
from hearsight.training.latent_loss import latent_loss
from hearsight.training.loop import TrainConfig, train
from hearsight.training.token_losses import Form, classification, sparsity


@dataclass(frozen=True)
class Recipe:
    """How a token is learned. The defaults are the published code's, but for the loop's settings."""

    data: Path
    """A data folder with sounds and pictures, or shards of `hearsight data prepare`."""
    pipeline: str
    """The diffusers pipeline that is to understand sounds: a folder or hub id."""
    train: TrainConfig
    """The loop's settings."""
    encoder: Literal["beats", "xvector"] = "beats"
    """The ear."""
    encoder_weights: Path | str | None = None
    """Its weights, see `audiotoken_parts.read_encoder`; by default a BEATs file in the working directory."""
    seed: int = 0
    """Seed of the weights, of every batch and of its noise."""
    batch: int = 8
    """Sounds per step."""
    start: Path | None = None
    """A system folder whose embedder is trained further; by default the weights are random."""
    dropout: float = 0.5
    """Share of the entries behind the first potential of the pooling that are dropped in training."""
    lora: LoRAConfig | None = None
    """Train LoRA layers of the U-Net, too."""
    prompt: str = f"a photo of {SOUND}"
    """What training pictures are said to show."""
    pairing: Pairing = "label"
    """A sound's picture: any of its class, or one of its own `group` (of its video)."""
    pictures: int | None = None
    """Pictures of each class (or group) that are learnt from; by default all."""
    size: int | None = None
    """Side of the training pictures in pixels; by default that of the pipeline."""
    seconds: float | None = 5.0
    """Length of the excerpts that are heard; none: as long as the ear's own window."""
    hop: float = 1.0
    """Seconds between the beginnings of excerpts."""
    views: int = 5
    """Excerpts of each sound, evenly chosen, one of which is heard at a time."""
    augmentation: MelAugmentation | None = None
    """How each of the `views` is changed, for a BEATs that learnt from sounds changed like this: what it knows by heart
    it hears more surely than anything new, and a token that learnt from that alone is lost where the ear has doubts."""
    cache: bool = True
    """Encode everything once, before training. Without it, every step hears its sounds and encodes its pictures."""
    l1: float = 0.01
    """Weight of the l1 term (equation 8)."""
    l1_form: Form = "code"
    """Per channel of a token as in the published code, or its whole norm as in the paper."""
    classification: float = 0.0
    """Weight of the classification loss (equation 9); the published one is 0.01 where it is switched on."""
    classification_form: Form = "code"
    """Squared after the mean of the batch as in the published code, or for each sound as in the paper."""
    label_encoding: Form = "code"
    """The mean of a label's words as they enter the text encoder (code), or as they leave it (paper)."""
    sampling: Sampling = field(default_factory=Sampling)
    """How the trained system draws by default."""
    whole: bool = False
    """Copy the pipeline into the system's folder, rather than only name it."""

    def __post_init__(self) -> None:
        require_sound(self.prompt)
        require_sound(self.sampling.prompt)
        if self.augmentation is not None and self.encoder != "beats":
            raise ConfigError(f"augmentation: changes what a BEATs hears, and encoder={self.encoder}; leave it out.")
        for setting in ("batch", "views", "pictures"):
            if (value := getattr(self, setting)) is not None and value < 1:
                raise ConfigError(f"{setting}={value}: must be at least 1.")


class AudioTokenTask:
    """The losses of equations 7-9 for a frozen pipeline and a learning embedder."""

    def __init__(self, system: AudioToken, recipe: Recipe, labels: tuple[str, ...]) -> None:
        from diffusers import DDPMScheduler

        self.system, self.recipe = system, recipe
        self.modules: nn.Module = nn.ModuleDict({"embedder": system.embedder.requires_grad_(True)})
        if system.lora:
            self.modules["lora"] = system.lora.requires_grad_(True)
        self.diffusion = system.diffusion
        self.scheduler = DDPMScheduler.from_config(self.diffusion.pipeline.scheduler.config)
        self.labels = encode_labels(self.diffusion, labels, recipe.label_encoding)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss and its terms; timesteps, noise and dropout come from torch's global generator."""
        recipe, token = self.recipe, self._token(batch)
        picture = self._picture_loss(batch, token)
        terms = {"picture": picture, "l1": sparsity(token, recipe.l1_form)}
        loss = picture + recipe.l1 * terms["l1"]
        if recipe.classification:
            label = self.labels.to(token.device)[batch["label"]]
            terms["classification"] = classification(token, label, recipe.classification_form)
            loss = loss + recipe.classification * terms["classification"]
        return {"loss": loss, **terms}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the system: the ear, the embedder that learned, and the pipeline or its name."""
        for part, trained in modules.named_children():
            self.system.components[part].load_state_dict(trained.state_dict())
        self.system.save_pretrained(out, whole=self.recipe.whole)

    def _token(self, batch: dict[str, Any]) -> Float[Tensor, "batch width"]:
        token: Tensor = self.system.embedder(batch["features"].float())
        return token.float()

    def _picture_loss(self, batch: dict[str, Any], token: Float[Tensor, "batch width"]) -> Float[Tensor, ""]:
        """Equation 2, with the sound in the prompt: how well the frozen U-Net finds the noise again."""
        if self.diffusion.device != token.device:
            self.diffusion.to(token.device)
        text = self.diffusion.encode(self.recipe.prompt, token[:, None])
        unet, scale = self.diffusion.pipeline.unet, self.diffusion.pipeline.vae.config.scaling_factor

        def predict(noisy: Tensor, timestep: Tensor) -> Tensor:
            with self.system.acting():
                predicted: Tensor = unet(noisy.to(unet.dtype), timestep, encoder_hidden_states=text).sample
            return predicted

        return latent_loss(predict, batch["mean"].float(), batch["std"].float(), scale, self.scheduler)


@torch.no_grad()
def encode_labels(diffusion: StableDiffusion, labels: tuple[str, ...], form: Form) -> Float[Tensor, "label width"]:
    """Each label's words, without start and end, averaged: as they enter the text encoder, or as they leave it."""
    encoder, rows = diffusion.pipeline.text_encoder, []
    for label in labels:
        prompt = diffusion.tokenise(name(label))
        words = slice(1, int((prompt.ids[0] == diffusion.pipeline.tokenizer.eos_token_id).nonzero()[0]))
        ids = prompt.ids.to(diffusion.device)
        every = encoder.get_input_embeddings()(ids) if form == "code" else encoder(ids)[0]
        rows.append(every[0, words].mean(dim=0).float())
    return torch.stack(rows)


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes a system folder that `hearsight generate --system` can use."""
    torch.manual_seed(recipe.seed)
    found = SoundsWithPictures.find(recipe.data, recipe.pairing, recipe.pictures)
    system = begin(recipe)
    batches = make_batches(system, found, recipe)
    train(AudioTokenTask(system, recipe, found.labels), batches, recipe.train, out)
    return out


def begin(recipe: Recipe) -> AudioToken:
    """The system before training."""
    encoder = read_encoder(recipe.encoder, recipe.encoder_weights)
    diffusion = open_pipeline(recipe.pipeline, None)
    embedder = AudioTokenEmbedder(AudioTokenEmbedderConfig(encoder.width, diffusion.width, recipe.dropout))
    if recipe.start:
        load_weights(embedder, recipe.start / "embedder.safetensors")
    config = AudioTokenConfig(encoder.config, embedder.config, recipe.pipeline, recipe.lora, recipe.sampling)
    return AudioToken(config, encoder, embedder, diffusion)


def make_batches(system: AudioToken, found: SoundsWithPictures, recipe: Recipe) -> TokenBatches:
    """The batches of a recipe; what they need of encoder and autoencoder is cached here, on the best device."""
    device = usable_device(None)
    system.to(device)
    ear, vae = with_window(system.encoder, recipe.seconds), system.diffusion.pipeline.vae
    size = recipe.size or system.diffusion.size

    def features(file: Path) -> dict[str, Tensor]:
        if recipe.augmentation is None:
            return {"features": hear_excerpts(ear, file, recipe.hop, recipe.views)}
        assert isinstance(ear, BEATs)  # `Recipe` saw to it
        return {"features": hear_variations(ear, file, recipe.augmentation, recipe.views)}

    def latents(file: Path) -> dict[str, Tensor]:
        return encode_picture(vae, file, size)

    def encoded(paths: tuple[str, ...], kind: str, key: str, encode: Encode) -> Encodings:
        if not recipe.cache:
            return FreshEncodings(tuple(recipe.data / path for path in paths), encode)
        return encode_files(recipe.data, paths, kind, key, encode)

    heard = fingerprint(ear, ear.config, recipe.hop, recipe.views, recipe.augmentation) if recipe.cache else ""
    seen = fingerprint(vae, size) if recipe.cache else ""
    return TokenBatches(
        found,
        encoded(found.sounds, "features", heard, features),
        encoded(found.pictures, "latents", seen, latents),
        recipe.views,
        recipe.batch,
        recipe.seed,
    )


def with_window(encoder: BEATs | XVector, seconds: float | None) -> BEATs | XVector:
    """The same ear, hearing `seconds` at a time."""
    other = copy.copy(encoder)
    if seconds is not None:
        other.config = replace(encoder.config, window=replace(encoder.config.window, seconds=seconds))
    return other


@torch.no_grad()
def hear_excerpts(ear: BEATs | XVector, file: Path, hop: float, views: int) -> Float[Tensor, "view time width"]:
    """Features of `views` excerpts of a sound, evenly chosen among those that begin every `hop` seconds; in float16."""
    window = replace(ear.config.window, long="slide", hop=hop)
    clips = window.cut(Sound.read(contents(file), name=file.name)).samples
    chosen = np.linspace(0, len(clips) - 1, views).round().astype(int)
    excerpts = {at: Sound(clips[at][None].numpy(), window.rate, file.name) for at in sorted(set(chosen))}
    heard = {at: ear.hear([excerpt])[0] for at, excerpt in excerpts.items()}
    return torch.stack([heard[at] for at in chosen]).half().cpu()


@torch.no_grad()
def hear_variations(
    ear: BEATs, file: Path, augmentation: MelAugmentation, views: int
) -> Float[Tensor, "view time width"]:
    """Features of `views` variations of a sound, which its name alone decides; in float16."""
    config = ear.config
    sound = Sound.read(contents(file), name=file.name).mono().resample(config.window.rate)
    decibels = FilterBank(config.window.rate, config.bands).decibels(torch.from_numpy(sound.samples[0])).numpy()
    random = np.random.default_rng(derive(0, "variations", file.name))
    level = RandomLevel(config.mean, config.deviation)
    frames = config.frames_in(config.window.length)
    changed = varied([decibels] * views, frames, level, augmentation, random)["spectrogram"]
    device = next(ear.parameters()).device
    heard = [ear.encode(one.mT[None].to(device)).layers[0] for one in changed]  # one by one, as everywhere
    return torch.stack(heard).half().cpu()


@torch.no_grad()
def encode_picture(vae: Any, file: Path, size: int) -> dict[str, Float[Tensor, "channel height width"]]:
    """Mean and standard deviation of a picture's latent, so that training can go on drawing it anew; in float16.

    The picture is squeezed into a square of `size` pixels, as in the published code (which makes it 512 x 320).
    """
    try:
        image = Image.open(contents(file)).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not a readable picture ({error}); make the data folder again.") from None
    latent = vae.encode(to_pixels(image)[None].to(vae.device, vae.dtype)).latent_dist
    return {"mean": latent.mean[0].half().cpu(), "std": latent.std[0].half().cpu()}
