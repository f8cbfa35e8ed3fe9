"""CLIP: picture and text in one space of embeddings.

Radford et al.: "Learning Transferable Visual Models From Natural Language Supervision" (2021). The vision transformers
(ViT-B/32, in whose space Wav2CLIP hears) are transformers' own; the ResNets (RN50) are those that AudioCLIP has too.

    model = CLIP.from_pretrained("openai/clip-vit-base-patch32")
    model.see([Image.open("rooster.jpg")]) @ model.read(["a rooster", "a dog"]).mT      # cosines [image, text]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor, nn

from hearsight.encoders import clip_resnet
from hearsight.encoders.audioclip import START_SCALE, contrast, temperature
from hearsight.encoders.clip_resnet import CLIPResNet, CLIPResNetConfig
from hearsight.encoders.clip_text import CLIPText, CLIPTextConfig
from hearsight.encoders.one_by_one import encode_each, unit
from hearsight.encoders.tokenizer import PADDING, ByteTokenizer, CLIPTokenizer, Tokenizer
from hearsight.errors import WeightsError

MLP_WIDTH = 4  # a transformer's inner layer is this many times as wide as its tokens


@dataclass(frozen=True)
class CLIPViTConfig:
    """A vision transformer. The defaults are CLIP's ViT-B/32."""

    layers: int = 12
    """Transformer blocks."""
    width: int = 768
    """Channels of a patch."""
    heads: int = 12
    """Attention heads."""
    patch: int = 32
    """Height and width of a patch in pixels."""
    size: int = 224
    """Height and width of the pictures in pixels, a multiple of `patch`."""


@dataclass(frozen=True)
class CLIPConfig:
    """Two towers into one space. The defaults are ViT-B/32."""

    embed: int = 512
    """Dimensions of the common space."""
    image: CLIPViTConfig | CLIPResNetConfig = field(default_factory=CLIPViTConfig)
    """The image tower: a vision transformer or CLIP's ResNet."""
    text: CLIPTextConfig = field(default_factory=CLIPTextConfig)
    """The text tower."""


def published() -> CLIPConfig:
    """ViT-B/32, the CLIP of Wav2CLIP, VQGAN-CLIP and StyleCLIP: 151,277,313 parameters."""
    return CLIPConfig()


def resnet50() -> CLIPConfig:
    """RN50, the CLIP that AudioCLIP began with."""
    return CLIPConfig(embed=1024, image=CLIPResNetConfig())


def pocket() -> CLIPConfig:
    """Two small towers for the pocket edition; text is read as bytes, so no vocabulary is needed."""
    return CLIPConfig(
        embed=256,
        image=CLIPResNetConfig(layers=(1, 1, 1, 1), width=16, size=64),
        text=CLIPTextConfig(2, 128, 4, context=64, vocabulary=ByteTokenizer.VOCABULARY, tokenizer="bytes"),
    )


def debug() -> CLIPConfig:
    """Random and tiny, with a vision transformer, for tests and docs."""
    return CLIPConfig(
        embed=16,
        image=CLIPViTConfig(layers=1, width=16, heads=2, patch=16, size=32),
        text=CLIPTextConfig(1, 16, 2, context=64, vocabulary=ByteTokenizer.VOCABULARY, tokenizer="bytes"),
    )


class CLIP(nn.Module):
    """An image tower, a text tower and a learned temperature."""

    def __init__(
        self, config: CLIPConfig, tokenizer: Tokenizer | None = None, towers: tuple[nn.Module, nn.Module] | None = None
    ) -> None:
        """Random weights, unless the image and text `towers` are given, which then must be of this config.

        `tokenizer` is needed for `read` where the text tower speaks CLIP's vocabulary.
        """
        super().__init__()
        self.config = config
        self.image, self.text = towers or _towers(config)
        self.scale = nn.Parameter(torch.tensor(START_SCALE))
        if tokenizer is None and config.text.tokenizer == "bytes":
            tokenizer = ByteTokenizer(config.text.context)
        self.tokenizer = tokenizer

    @classmethod
    def from_pretrained(cls, name_or_folder: str | Path) -> "CLIP":
        """A CLIP with a vision transformer in transformers' layout: a hub id or a folder, its vocabulary beside it.

        Raises WeightsError where there is none that can be read.
        """
        from huggingface_hub import snapshot_download
        from transformers import CLIPModel

        name = str(name_or_folder)
        try:
            loaded: Any = CLIPModel.from_pretrained(name, dtype=torch.float32)
            words = (
                name if Path(name).is_dir() else snapshot_download(name, allow_patterns=["vocab.json", "merges.txt"])
            )
        except (OSError, ValueError) as error:  # the hub's own errors and those of connections are OSErrors
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise WeightsError(
                f"{name}: no CLIP that can be read ({reason}); give a folder or a hub id such as "
                "openai/clip-vit-base-patch32."
            ) from None
        config = _config(loaded.config, name)
        image: Any
        text: Any
        with torch.device("meta"):  # towers without memory, to hold what was loaded
            image, text = _towers(config)
        image.vision_model, image.visual_projection = loaded.vision_model, loaded.visual_projection
        text.text_model, text.text_projection = loaded.text_model, loaded.text_projection
        model = cls(config, CLIPTokenizer(words, config.text.context), (image, text))
        with torch.no_grad():
            model.scale.copy_(loaded.logit_scale)
        return model.eval()

    # Tensors to embeddings, as the towers give them -----------------------------------------------------------------

    def encode_image(self, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of pixels that went through `normalise` (or `prepare`)."""
        embedding = self.image(pixels)
        return embedding if isinstance(embedding, Tensor) else embedding.image_embeds

    def encode_text(self, tokens: Int[Tensor, "batch token"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of token rows from `self.tokenizer`."""
        embedding = self.text(tokens)
        return embedding if isinstance(embedding, Tensor) else embedding.text_embeds

    def normalise(self, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch 3 size size"]:
        """Pixels in [0, 1] as the image tower takes them, differentiably."""
        return clip_resnet.normalise(pixels)

    def prepare(self, picture: Image.Image) -> Float[Tensor, "3 size size"]:
        """A picture as the image tower takes it: short side resized, the centre cut out, normalised."""
        return clip_resnet.prepare(picture, self.config.image.size)

    # Logits and loss ------------------------------------------------------------------------------------------------

    def logits(
        self, image: Float[Tensor, "image embed"], text: Float[Tensor, "text embed"]
    ) -> Float[Tensor, "image text"]:
        """Cosine of every two embeddings times the temperature."""
        return temperature(self.scale) * unit(image) @ unit(text).mT

    def loss(self, image: Float[Tensor, "batch embed"], text: Float[Tensor, "batch embed"]) -> Float[Tensor, ""]:
        """CLIP's loss of embeddings whose rows belong together: the mean of both cross entropies (figure 3)."""
        return contrast(self.logits(image, text)) / 2

    # Things to unit embeddings: one at a time, so that company never changes a number --------------------------------

    def see(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        """Unit embeddings of pictures of any size; the centre square is looked at."""
        return unit(encode_each(self, "see", (self.config.embed,), pictures, self._see))

    def read(self, texts: Sequence[str]) -> Float[Tensor, "text embed"]:
        """Unit embeddings of texts.

        Raises WeightsError where the text tower has no vocabulary yet, ConfigError where a text is too long.
        """
        if self.tokenizer is None:
            raise WeightsError(
                "the text tower reads CLIP's tokens, whose vocabulary is not here; set model.tokenizer = "
                "CLIPTokenizer(FOLDER), the folder holding CLIP's vocab.json and merges.txt."
            )
        return unit(encode_each(self, "read", (self.config.embed,), list(self.tokenizer(texts)), self._read))

    def _see(self, picture: Image.Image) -> Float[Tensor, "1 embed"]:
        return self.encode_image(self.prepare(picture)[None].to(self.scale.device))

    def _read(self, tokens: Int[Tensor, " token"]) -> Float[Tensor, "1 embed"]:
        # Attention is causal: leaving out the padding changes nothing but the time it takes.
        length = int(tokens.argmax()) + 1 if tokens[-1] == PADDING else len(tokens)
        return self.encode_text(tokens[None, :length].to(self.scale.device))


def _towers(config: CLIPConfig) -> tuple[nn.Module, nn.Module]:
    """Random towers: transformers' for a vision transformer, AudioCLIP's for a ResNet."""
    image, text = config.image, config.text
    if isinstance(image, CLIPResNetConfig):
        return CLIPResNet(image, config.embed), CLIPText(text, config.embed)
    import transformers

    seeing = transformers.CLIPVisionConfig(
        hidden_size=image.width,
        intermediate_size=MLP_WIDTH * image.width,
        num_hidden_layers=image.layers,
        num_attention_heads=image.heads,
        image_size=image.size,
        patch_size=image.patch,
        projection_dim=config.embed,
    )
    reading = transformers.CLIPTextConfig(
        vocab_size=text.vocabulary,
        hidden_size=text.width,
        intermediate_size=MLP_WIDTH * text.width,
        num_hidden_layers=text.layers,
        num_attention_heads=text.heads,
        max_position_embeddings=text.context,
        projection_dim=config.embed,
        pad_token_id=PADDING,
        bos_token_id=text.vocabulary - 2,
        eos_token_id=text.vocabulary - 1,  # the answer is read there
    )
    return transformers.CLIPVisionModelWithProjection(seeing), transformers.CLIPTextModelWithProjection(reading)


def _config(settings: Any, name: str) -> CLIPConfig:
    """Our config of what transformers loaded; WeightsError for a form of CLIP that OpenAI did not publish."""
    image, text = settings.vision_config, settings.text_config
    for tower in (image, text):
        if tower.hidden_act != "quick_gelu" or tower.intermediate_size != MLP_WIDTH * tower.hidden_size:
            raise WeightsError(
                f"{name}: another form of CLIP (activation {tower.hidden_act}, inner width {tower.intermediate_size} "
                f"of {tower.hidden_size}); give one of OpenAI's, e.g. openai/clip-vit-base-patch32."
            )
    return CLIPConfig(
        embed=settings.projection_dim,
        image=CLIPViTConfig(
            image.num_hidden_layers, image.hidden_size, image.num_attention_heads, image.patch_size, image.image_size
        ),
        text=CLIPTextConfig(
            text.num_hidden_layers,
            text.hidden_size,
            text.num_attention_heads,
            text.max_position_embeddings,
            text.vocab_size,
        ),
    )
