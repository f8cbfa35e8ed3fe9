"""A Stable Diffusion pipeline of one's own, from random weights: small enough to train and to ship.

Rombach et al., *High-Resolution Image Synthesis with Latent Diffusion Models* (CVPR 2022), in diffusers' own form: an
autoencoder, CLIP's text model with a small vocabulary learned from the captions, and a U-Net that attends to the text.
Both libraries hide their types from type checkers: what is built here is Any.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from hearsight.errors import ConfigError

START, END = "<|startoftext|>", "<|endoftext|>"


@dataclass(frozen=True)
class LatentDiffusionConfig:
    """The sizes of the three networks. The defaults are the pocket ones."""

    size: int = 128
    """Side of a picture in pixels."""
    latent_channels: int = 4
    """Channels of a latent."""
    vae_channels: tuple[int, ...] = (16, 32, 64, 96)
    """Channels of the autoencoder at each resolution; each step halves the side."""
    vae_layers: int = 1
    """Residual blocks of its encoder at each resolution; the decoder has one more."""
    vocabulary: int = 2048
    """Most tokens that the tokenizer may learn."""
    context: int = 24
    """Tokens of a prompt, its start and end included."""
    text_width: int = 128
    """Width of a word."""
    text_layers: int = 2
    """Transformer layers that read a prompt."""
    text_heads: int = 4
    """Their attention heads."""
    unet_channels: tuple[int, ...] = (48, 96, 160)
    """Channels of the U-Net at each resolution."""
    attending: tuple[int, ...] = (1,)
    """Resolutions, the finest being 0, that attend to the text and to themselves; the middle always does."""
    unet_layers: int = 1
    """Residual blocks of the U-Net on its way down, at each resolution; one more on its way up."""
    head_width: int = 32
    """Channels of an attention head of the U-Net."""
    vae_groups: int = 8
    """Groups of the autoencoder's normalisations."""
    groups: int = 8
    """Groups of the U-Net's normalisations."""
    prediction: Literal["epsilon", "v_prediction"] = "v_prediction"
    """What the U-Net predicts: the noise, or the velocity (Salimans & Ho 2022)."""

    def __post_init__(self) -> None:
        for name, groups in (("vae_channels", self.vae_groups), ("unet_channels", self.groups)):
            if any(width % groups for width in getattr(self, name)):
                raise ConfigError(f"{name}={getattr(self, name)}: must be multiples of their {groups} groups.")
        if not set(self.attending) <= set(range(len(self.unet_channels))):
            raise ConfigError(
                f"attending={self.attending}: this U-Net has resolutions 0 to {len(self.unet_channels) - 1}."
            )
        finest = 2 ** (len(self.vae_channels) + len(self.unet_channels) - 2)
        if self.size < finest or self.size % finest:
            raise ConfigError(
                f"size={self.size}: these networks halve a picture's side to 1/{finest}; take a multiple."
            )

    @property
    def latent_size(self) -> int:
        """Side of a latent."""
        return self.size // 2 ** (len(self.vae_channels) - 1)


def pocket() -> LatentDiffusionConfig:
    """What ships with the package: 128 px pictures from latents of 4 x 16 x 16.

    7.7 million parameters; 20 guided steps and the decoder take 10 thousand million multiplications (`operations`).
    """
    return LatentDiffusionConfig()


def debug() -> LatentDiffusionConfig:
    """Random and tiny, for tests and docs: 16 px pictures."""
    return LatentDiffusionConfig(
        size=16,
        vae_channels=(8, 8),
        vocabulary=600,
        context=77,
        text_width=16,
        text_layers=2,
        text_heads=2,
        unet_channels=(8, 16),
        attending=(0,),
        head_width=4,
        groups=8,
    )


def build_pipeline(config: LatentDiffusionConfig, tokenizer: Any = None) -> Any:
    """A pipeline of random networks (from torch's global generator); without a tokenizer, it reads letter by letter."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    tokenizer = tokenizer or learn_tokenizer((), config.vocabulary, config.context)
    return StableDiffusionPipeline(
        vae=build_vae(config).eval(),
        text_encoder=build_text_encoder(config, tokenizer).eval(),
        tokenizer=tokenizer,
        unet=build_unet(config).eval(),
        scheduler=DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            prediction_type=config.prediction,
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
            timestep_spacing="trailing",  # begins at the noisiest timestep, also where steps are few
            # The noisiest timestep is noise alone (Lin et al. 2024), else it would tell how bright the ground will be.
            rescale_betas_zero_snr=config.prediction == "v_prediction",
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def build_vae(config: LatentDiffusionConfig) -> Any:
    """The autoencoder between pictures and latents."""
    from diffusers import AutoencoderKL

    levels = len(config.vae_channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=config.vae_channels,
        layers_per_block=config.vae_layers,
        latent_channels=config.latent_channels,
        norm_num_groups=config.vae_groups,
        sample_size=config.size,
    )


def build_text_encoder(config: LatentDiffusionConfig, tokenizer: Any) -> Any:
    """CLIP's text model for the tokens of `tokenizer`."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.text_width,
            intermediate_size=4 * config.text_width,
            num_hidden_layers=config.text_layers,
            num_attention_heads=config.text_heads,
            max_position_embeddings=config.context,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def build_unet(config: LatentDiffusionConfig) -> Any:
    """The U-Net over latents that attends to the text."""
    from diffusers import UNet2DConditionModel

    attends = ["CrossAttn" if level in config.attending else "" for level in range(len(config.unet_channels))]
    return UNet2DConditionModel(
        sample_size=config.latent_size,
        in_channels=config.latent_channels,
        out_channels=config.latent_channels,
        down_block_types=tuple(f"{attention}DownBlock2D" for attention in attends),
        up_block_types=tuple(f"{attention}UpBlock2D" for attention in reversed(attends)),
        block_out_channels=config.unet_channels,
        layers_per_block=config.unet_layers,
        cross_attention_dim=config.text_width,
        # diffusers calls the number of heads so
        attention_head_dim=tuple(channels // config.head_width for channels in config.unet_channels),
        norm_num_groups=config.groups,
    )


def silence_residuals(network: nn.Module) -> None:
    """Let every residual branch of an autoencoder or U-Net add nothing at first, as in the code of Ho et al. 2020.

    What is left is shallow and learns quickly; the branches join in where they help.
    """
    from diffusers.models.resnet import ResnetBlock2D
    from diffusers.models.transformers.transformer_2d import Transformer2DModel

    for module in network.modules():
        last = None
        if isinstance(module, ResnetBlock2D):
            last = module.conv2
        elif isinstance(module, Transformer2DModel):
            last = module.proj_out
        for weight in last.parameters() if last is not None else ():
            nn.init.zeros_(weight)


def keep_scale(network: nn.Module) -> None:
    """Let every convolution give what it reads at the same scale and add nothing (LeCun et al. 1998, section 4.6).

    Torch's own start divides variance by three each time: behind eight layers little of a picture would be left.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def learn_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> Any:
    """CLIP's tokenizer with a vocabulary of its own: letters, and what is frequent in `texts`.

    Every text can be read: a word that was never seen becomes smaller parts, at worst its bytes.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer
    from transformers import CLIPTokenizer

    letters = _byte_tokens()
    known = {token: number for number, token in enumerate([*letters, *(f"{letter}</w>" for letter in letters)])}
    merges: list[tuple[str, str]] = []
    corpus = list(texts)
    if corpus:
        draft: Any = CLIPTokenizer(vocab={**known, START: len(known), END: len(known) + 1}, merges=[])._tokenizer
        learner = Tokenizer(BPE(end_of_word_suffix="</w>"))
        learner.normalizer, learner.pre_tokenizer = draft.normalizer, draft.pre_tokenizer
        trainer = BpeTrainer(
            vocab_size=vocabulary - 2, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False
        )
        learner.train_from_iterator(corpus, trainer)
        merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
        for left, right in merges:
            known.setdefault(left + right, len(known))
    known |= {START: len(known), END: len(known) + 1}
    make: Any = CLIPTokenizer
    return make(vocab=known, merges=merges, model_max_length=context)


def _byte_tokens() -> list[str]:
    """One character for every byte, as byte-level tokenizers write them."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def operations(config: LatentDiffusionConfig, steps: int) -> dict[str, float]:
    """Multiplications of one guided picture: by the U-Net in all its steps, and by the decoder."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        unet, vae = build_unet(config), build_vae(config)
        latent = torch.empty(1, config.latent_channels, config.latent_size, config.latent_size)
        text = torch.empty(2, config.context, config.text_width)
        timestep = torch.empty(1)
    counts = {}
    for name, call in {
        "unet": lambda: unet(latent.expand(2, -1, -1, -1), timestep, text),
        "decoder": lambda: vae.decode(latent),
    }.items():
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            call()
        counts[name] = counter.get_total_flops() / 2 * (steps if name == "unet" else 1)
    return counts
