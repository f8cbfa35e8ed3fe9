"""What holds for every test process: one thread each, set before torch loads, and Ctrl-C that interrupts."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


def pytest_configure() -> None:
    """A shell's job in the background ignores Ctrl-C, and all that it starts would, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def pictograms(tmp_path: Path) -> Iterator[Path]:
    """A folder of pairs with a black bar as the pictogram of every class; digits are white bars on a blue key."""
    from PIL import Image

    from hearsight.data import pictogram
    from hearsight.data.subjects import SUBJECTS

    for label, subject in SUBJECTS.items():
        for pattern in subject.patterns:
            file = tmp_path / "pairs" / "pictograms" / label / f"{pattern.replace('*', 'any')}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            image = Image.new("RGBA", (24, 24), (0, 166, 237, 255) if subject.lettering else (0, 0, 0, 0))
            image.paste((255, 255, 255, 255) if subject.lettering else (0, 0, 0, 255), (6, 4, 18, 20))
            image.save(file)
    yield tmp_path / "pairs"
    pictogram._pictograms.cache_clear()
    pictogram._cutout.cache_clear()


@pytest.fixture(scope="session")
def spoken_cub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cub`, four species of two pictures as CUB-200-2011 has them, and `speech`, its captions spoken."""
    import numpy as np

    from hearsight.data.birds import Birds, make
    from hearsight.data.captions import captions_in
    from hearsight.data.speaking import speak_captions
    from hearsight.data.voices import Manner

    class Hum:
        """An engine that hums a while for every word."""

        name = "hum"

        def manner(self, split: str, random: np.random.Generator) -> Manner:
            return Manner("a hum", pitch=int(random.integers(100)))

        def say(self, text: str, manner: Manner) -> tuple[np.ndarray, int]:
            time = np.arange(800 * len(text.split())) / 8000
            return np.sin(2 * np.pi * (100 + 10 * manner.pitch) * time).astype(np.float32), 8000

    folder = tmp_path_factory.mktemp("spoken")
    make(Birds(size=40, count=4, held_out=1, sentences=10), folder / "cub", per_species=2)
    report = speak_captions(captions_in(folder / "cub"), folder / "speech", engine=Hum())
    assert not report.failures
    return folder


@pytest.fixture(scope="session")
def unclip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny Stable unCLIP pipeline of random weights: 16 px pictures, embeddings of 16 dimensions."""
    import torch
    from diffusers import DDIMScheduler, DDPMScheduler, StableUnCLIPImg2ImgPipeline, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion import StableUnCLIPImageNormalizer
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

    from hearsight.generators import latent_diffusion

    torch.manual_seed(0)
    config, embed = latent_diffusion.debug(), 16
    tokenizer = latent_diffusion.learn_tokenizer((), config.vocabulary, config.context)
    eye = CLIPVisionConfig(
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=16,
        patch_size=8,
        projection_dim=embed,
    )
    normaliser = StableUnCLIPImageNormalizer(embed)
    torch.nn.init.normal_(normaliser.mean)
    torch.nn.init.uniform_(normaliser.std, 0.5, 2.0)
    unet = UNet2DConditionModel.from_config(
        latent_diffusion.build_unet(config).config,
        class_embed_type="projection",
        projection_class_embeddings_input_dim=2 * embed,
    )
    pipeline = StableUnCLIPImg2ImgPipeline(
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=16),
        image_encoder=CLIPVisionModelWithProjection(eye).eval(),
        image_normalizer=normaliser,
        image_noising_scheduler=DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
        tokenizer=tokenizer,
        text_encoder=latent_diffusion.build_text_encoder(config, tokenizer).eval(),
        unet=unet.eval(),
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        vae=latent_diffusion.build_vae(config).eval(),
    )
    folder = tmp_path_factory.mktemp("unclip")
    pipeline.set_progress_bar_config(disable=True)
    pipeline.save_pretrained(folder)
    return folder
