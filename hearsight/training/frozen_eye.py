"""Frozen image towers, and what they see in the pictures of a data folder."""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.data.encodings import Encodings, fingerprint
from hearsight.data.seen_sounds import Views, embed_pictures
from hearsight.data.trained_folder import trained_folder
from hearsight.device import usable_device
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network

Eye = CLIP | BriVLImage


def open_eye(source: str) -> Eye:
    """The image tower that a recipe names, frozen, on the best device."""
    folder, held = trained_folder(source)
    eye: Eye
    if held == "clip":
        eye = load_network(folder, "clip", CLIP, CLIPConfig)
    elif held == "brivl_image":
        eye = load_network(folder, "brivl_image", BriVLImage, BriVLImageConfig)
    elif held:
        raise ConfigError(f"eye={source}: holds {held}; give the folder of a clip or a brivl_image.")
    elif folder.suffix == ".pth":
        from hearsight.hub.converters.brivl_image import read_brivl_image

        eye = read_brivl_image(folder)
    else:
        eye = CLIP.from_pretrained(source)
    return eye.eval().requires_grad_(False).to(usable_device(None))


def look_at(eye: Eye, folder: Path, paths: Sequence[str], views: Views | None = None) -> Encodings:
    """The embeddings of pictures, see `data.seen_sounds.embed_pictures`; the text tower is no part of the key."""

    @torch.inference_mode()
    def look(pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        device = next(eye.parameters()).device
        return eye.encode_image(torch.stack([eye.prepare(picture) for picture in pictures]).to(device)).cpu()

    tower = eye.image if isinstance(eye, CLIP) else eye
    settings = (eye.config.image, eye.config.embed) if isinstance(eye, CLIP) else eye.config
    return embed_pictures(folder, paths, look, fingerprint(tower, settings), views)
