import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hearsight.encoders.audioclip import AudioCLIP, contrast, debug_fbsp
from hearsight.encoders.tokenizer import ByteTokenizer
from hearsight.training.align_task import HEADS, TRAINED, AlignTask, Strategy, soft_contrast

STRATEGIES: tuple[Strategy, ...] = ("text", "frozen_image", "mutual_image", "all")


@pytest.fixture
def model() -> AudioCLIP:
    torch.manual_seed(0)
    return AudioCLIP(debug_fbsp()).train()


def triples() -> dict[str, Tensor]:
    """Four sounds, texts and pictures of different classes; nothing is mixed."""
    random = torch.Generator().manual_seed(0)
    return {
        "waveform": 0.1 * torch.randn(4, 1, 4000, generator=random),
        "tokens": ByteTokenizer(24)(["flute", "horn", "oboe", "double bass"]),
        "pixels": torch.randn(4, 3, 32, 32, generator=random),
        "classes": torch.arange(4),
        "other": torch.arange(4),
        "share": torch.ones(4),
    }


def test_soft_contrast_with_one_right_answer_each_is_the_published_loss():
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(soft_contrast(logits, torch.eye(5)), contrast(logits))


def test_soft_contrast_is_least_where_the_logits_say_what_is_right():
    classes = torch.tensor([0, 0, 1, 1])
    right = (classes[:, None] == classes).float()
    perfect = soft_contrast(100 * right, right)
    assert perfect == pytest.approx(2 * math.log(2))
    assert soft_contrast(100 * torch.eye(4), right) > perfect + 1


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("positives", ["class", "pair"])
def test_without_repeated_classes_it_is_the_published_loss(model: AudioCLIP, strategy, positives) -> None:
    model.eval()
    batch = triples()
    scalars = AlignTask(model, strategy, positives).loss(batch)
    given = {"audio": model.encode_audio(batch["waveform"])}
    if "image" in HEADS[strategy]:
        given["image"] = model.encode_image(batch["pixels"])
    if "text" in HEADS[strategy]:
        given["text"] = model.encode_text(batch["tokens"])
    torch.testing.assert_close(scalars["loss"], model.loss(**given), atol=1e-5, rtol=1e-5)
    assert scalars["norm_loss"] == model.audio.norm_loss()


def test_a_class_that_repeats_is_right_or_wrong_as_positives_say(model: AudioCLIP) -> None:
    batch = {**triples(), "classes": torch.tensor([0, 0, 1, 1])}
    by_class, by_pair = (AlignTask(model.eval(), "text", kind).loss(batch)["loss"] for kind in ("class", "pair"))
    assert not torch.isclose(by_class, by_pair)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_step_moves_the_trained_heads_and_leaves_the_others_bit_equal(model: AudioCLIP, strategy) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    task = AlignTask(model, strategy, "pair")
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(trainable, 1e-3)
    task.loss(triples())["loss"].backward()
    assert all(weight.grad is not None for weight in trainable)
    optimiser.step()
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    scales = {"all": {"scale_audio_image", "scale_audio_text", "scale_image_text"}, "text": {"scale_audio_text"}}
    assert {name.split(".")[0] for name in moved} == set(TRAINED[strategy]) | scales.get(
        strategy, {"scale_audio_image"}
    )
    assert {"audio.fbsp.order", "audio.fbsp.bandwidth", "audio.fbsp.centre", "audio.bn1.running_mean"} <= moved


def test_the_penalty_alone_reaches_the_learned_spectrogram_scaled_as_published(model: AudioCLIP) -> None:
    AlignTask(model, "text", "pair").loss(triples())["norm_loss"].backward()
    assert model.audio.fbsp.bandwidth.grad.abs().max() == 1
    assert model.audio.conv1.weight.grad is None


def test_a_mixed_sound_answers_to_both_in_proportion(model: AudioCLIP) -> None:
    task, batch = AlignTask(model.eval(), "text", "pair"), triples()
    own = task.loss(batch)["loss"]
    others = task.loss({**batch, "other": torch.tensor([1, 0, 3, 2]), "share": torch.zeros(4)})["loss"]
    half = task.loss({**batch, "other": torch.tensor([1, 0, 3, 2]), "share": torch.full((4,), 0.5)})["loss"]
    torch.testing.assert_close(half, (own + others) / 2)


def test_finish_leaves_the_folder_and_the_final_weights(model: AudioCLIP, tmp_path: Path) -> None:
    final = AudioCLIP(debug_fbsp())
    AlignTask(model, "text", "pair").finish(final, tmp_path)
    assert (tmp_path / "audioclip.safetensors").is_file() and not model.training
    assert all(torch.equal(tensor, final.state_dict()[name]) for name, tensor in model.state_dict().items())
