"""CXLoss against hand-made cases; queues; what gradients reach; several processes."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from hearsight.config import read_yaml
from hearsight.errors import ConfigError
from hearsight.training import contrastive_loss, recipe
from hearsight.training.contrastive_loss import Contrast, ContrastConfig, CXLoss, Heard, Side

OWN = torch.arange(2)[:, None].expand(-1, 2)
"""Two rows of two classes."""


def units(*shape: int, seed: int = 0) -> Tensor:
    return normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_a_batch_of_two_by_hand() -> None:
    """Cosines [[0.6, 0], [0.8, 1]] at temperature 0.5: every direction is a choice between two."""
    first, second = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    loss = Contrast(ContrastConfig(temperature=0.5), 2)(Side(first), Side(second), OWN)
    rows = math.log(1 + math.exp(0.0 - 1.2)) + math.log(1 + math.exp(1.6 - 2.0))
    columns = math.log(1 + math.exp(1.6 - 1.2)) + math.log(1 + math.exp(0.0 - 2.0))
    torch.testing.assert_close(loss, torch.tensor((rows + columns) / 4))
    total = Contrast(ContrastConfig(temperature=0.5, reduction="sum"), 2)(Side(first), Side(second), OWN)
    torch.testing.assert_close(total, torch.tensor((rows + columns) / 2))


def test_others_of_the_class_are_left_out_where_classes_count() -> None:
    first, second = units(3, 4), units(3, 4, seed=1)
    classes = torch.tensor([[0, 0], [1, 1], [1, 2]])  # the last one is two sounds mixed
    loss = Contrast(ContrastConfig(positives="class"), 4)(Side(first), Side(second), classes)
    logits = first @ second.mT / 0.07
    wanted = []
    for table in (logits, logits.mT):
        chances = [table[0].log_softmax(0)[0], table[1, [0, 1]].log_softmax(0)[1], table[2, [0, 2]].log_softmax(0)[1]]
        wanted.append(-torch.stack(chances).mean())
    torch.testing.assert_close(loss, torch.stack(wanted).mean())
    alone = Contrast(ContrastConfig(positives="class"), 4)(Side(first), Side(second), torch.zeros(3, 2))
    assert alone == 0


def queued(**settings: object) -> Contrast:
    torch.manual_seed(0)
    return Contrast(ContrastConfig("queue", learn_temperature=False, **{"queue": 6, **settings}), 4)  # type: ignore[arg-type]


def test_a_query_is_held_against_its_key_and_the_other_sides_queue() -> None:
    contrast = queued(temperature=0.1)
    first, second = Side(units(2, 4), units(2, 4, seed=1)), Side(units(2, 4, seed=2), units(2, 4, seed=3))
    queues = contrast.first.keys.clone(), contrast.second.keys.clone()
    loss, wanted = contrast(first, second, OWN), 0.0
    for side, other, queue in ((first, second, queues[1]), (second, first, queues[0])):
        for query, key in zip(side.queries, other.keys, strict=True):
            wanted -= float(torch.cat(((query @ key)[None], queue @ query)).div(0.1).log_softmax(0)[0]) / 2
    torch.testing.assert_close(loss, torch.tensor(wanted / 2))


def test_the_oldest_keys_make_room_and_evaluating_changes_nothing() -> None:
    contrast = queued()
    before = contrast.first.keys.clone()
    keys = [units(4, 4, seed=seed) for seed in range(2)]
    for one in keys:
        contrast(Side(one, one), Side(one, one), torch.arange(4)[:, None].expand(-1, 2))
    expected = torch.cat((keys[1][2:], keys[0][2:], keys[1][:2]))  # 0 1 2 3 0' 1', then 2' 3' over the first two
    assert torch.equal(contrast.first.keys, expected) and torch.equal(contrast.second.keys, expected)
    assert contrast.first.classes[:, 0].tolist() == [2, 3, 2, 3, 0, 1] and int(contrast.first.oldest) == 2
    assert not torch.equal(before, contrast.first.keys)
    state = {name: value.clone() for name, value in contrast.state_dict().items()}
    contrast.eval()(Side(keys[0], keys[0]), Side(keys[0], keys[0]), torch.zeros(4, 2, dtype=torch.long))
    assert all(torch.equal(value, state[name]) for name, value in contrast.state_dict().items())


def test_queued_keys_of_the_class_are_left_out() -> None:
    contrast = queued(positives="class", queue=2)
    keys, classes = units(2, 4), torch.zeros(2, 2, dtype=torch.long)
    contrast(Side(keys, keys), Side(keys, keys), classes)  # fills the queue
    assert contrast(Side(units(2, 4, seed=5), keys), Side(keys, keys), classes) == 0
    assert contrast(Side(units(2, 4, seed=5), keys), Side(keys, keys), classes + 1) > 0


def test_a_queue_shorter_than_a_batch_is_refused() -> None:
    contrast, keys = queued(queue=3), units(4, 4)
    with pytest.raises(ConfigError, match="queue=3: a step brings 4"):
        contrast(Side(keys, keys), Side(keys, keys), torch.zeros(4, 2, dtype=torch.long))


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"queue": 0}, {"momentum": 1.0}, {"closeness": -1.0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigError, match=f"contrast.{name}="):
        ContrastConfig(**wrong)  # type: ignore[arg-type]


def test_cxloss_is_both_terms() -> None:
    torch.manual_seed(0)
    loss = CXLoss(ContrastConfig(dropout=0.0), features=3, embed=4)
    picture, heard = torch.randn(5, 4), Heard(torch.randn(5, 3), torch.randn(5, 4))
    classes = torch.arange(5)[:, None].expand(-1, 2)
    by_features = Contrast(ContrastConfig(), 3)(
        Side(normalize(loss.project(picture))), Side(normalize(heard.features)), classes
    )
    by_embeddings = Contrast(ContrastConfig(), 4)(Side(normalize(picture)), Side(normalize(heard.embedding)), classes)
    contrasts = (by_features + by_embeddings) / 2
    torch.testing.assert_close(loss(picture, heard, None, classes), contrasts)
    loss.config = ContrastConfig(closeness=3.0)
    apart = 1 - (normalize(picture) * normalize(heard.embedding)).sum(dim=1).mean()
    torch.testing.assert_close(loss(picture, heard, None, classes), contrasts + 3 * apart)


@pytest.mark.parametrize("config", [contrastive_loss.wav2clip(), contrastive_loss.brivl()], ids=["batch", "queue"])
def test_every_weight_that_learns_gets_a_gradient_and_the_slow_copy_none(config: ContrastConfig) -> None:
    torch.manual_seed(0)
    loss = CXLoss(config, features=3, embed=4)
    heard = Heard(torch.randn(5, 3, requires_grad=True), torch.randn(5, 4, requires_grad=True))
    slow = Heard(torch.randn(5, 3), torch.randn(5, 4))
    loss(torch.randn(5, 4), heard, slow, torch.arange(5)[:, None].expand(-1, 2)).backward()
    assert heard.features.grad is not None and heard.features.grad.any()
    assert heard.embedding.grad is not None and heard.embedding.grad.any()
    reached = {name for name, weight in loss.named_parameters() if weight.grad is not None}
    wanted = {name for name, _ in loss.named_parameters() if "slow" not in name}
    assert reached == wanted
    assert ("by_features.scale" in wanted) == (config.negatives == "batch")


def test_the_published_recipes_have_the_published_losses() -> None:
    for name, preset in (("wav2clip", contrastive_loss.wav2clip()), ("wavbrivl", contrastive_loss.brivl())):
        values = read_yaml(recipe.find(name))
        assert recipe.resolve(recipe.task_module(values.pop("task")).Recipe, values).contrast == preset


# Several processes ---------------------------------------------------------------------------------------------------


def gradients(config: ContrastConfig, rank: int = 0, world: int = 1) -> dict[str, Tensor]:
    """The mean over processes of all gradients of two steps, and the queues, of which each process has its rows."""
    torch.manual_seed(0)
    ear, loss = nn.Linear(6, 3), CXLoss(config, features=3, embed=4)
    g = nn.Linear(3, 4)
    kept = {}
    for step in range(2):
        random = torch.Generator().manual_seed(step)
        rows = [torch.randn(4, width, generator=random).chunk(world)[rank] for width in (6, 4)]
        classes = torch.arange(4)[:, None].expand(-1, 2).chunk(world)[rank]
        features = ear(rows[0])
        heard = Heard(features, g(features))
        value = loss(rows[1], heard, Heard(heard.features.detach(), heard.embedding.detach()), classes)
        value.backward()
    for module in (ear, g, loss):
        for name, weight in module.named_parameters():
            if weight.grad is not None:
                kept[f"{type(module).__name__} {name} {tuple(weight.shape)}"] = weight.grad.clone()
        kept |= dict(module.named_buffers())
    if world > 1:
        for name, value in kept.items():
            if value.is_floating_point() and "." not in name.split()[0]:
                torch.distributed.all_reduce(value)
                value /= world
    return kept


@pytest.mark.parametrize("negatives", ["batch", "queue"])
def test_two_processes_are_as_one(negatives: str, tmp_path: Path) -> None:
    config = ContrastConfig(negatives, queue=10, positives="class", dropout=0.0)  # type: ignore[arg-type]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", __file__]
    path = os.pathsep.join(place for place in sys.path if place)
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [*command, str(tmp_path), negatives], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    one, two = gradients(config), torch.load(tmp_path / "two.pt", weights_only=True)
    assert one.keys() == two.keys() and len(one) > 8
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    chosen = ContrastConfig(sys.argv[2], queue=10, positives="class", dropout=0.0)  # type: ignore[arg-type]
    found = gradients(chosen, rank, 2)
    if rank == 0:
        torch.save(found, Path(sys.argv[1]) / "two.pt")
    torch.distributed.destroy_process_group()
