"""Recipes of sweeps: every run resolved and checked before anything is trained."""

from pathlib import Path

import pytest

from hearsight.errors import ConfigError
from hearsight.evaluation.sweep.recipe import SHIPPED, filled, read, references

RECIPE = """\
data: pocket
train:
  judge: {recipe: pocket_judge, data: "${data}"}
  ear: {recipe: pocket_align, data: "${data}", then: null, train: {steps: 100}, checkpoints: 4}
  hand: {recipe: pocket_diffuse, data: "${data}", audioclip: "${ear}", train: {steps: 30, warmup: 0}, checkpoints: 4}
measure: {of: "${hand}", data: "${data}", judge: "${judge}", metrics: [adherence, kid_train]}
sweep:
  ear.per_class: [1, 2]
  measure.after: [0.25, 1]
"""


@pytest.fixture
def recipe(tmp_path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    return path


def test_runs_share_what_is_the_same_training(recipe):
    sweep = read(recipe, ["data=here"])
    assert sweep.name == "mine" and [run.name for run in sweep.runs] == [
        "per_class-1_after-0.25",
        "per_class-1_after-1",
        "per_class-2_after-0.25",
        "per_class-2_after-1",
    ]
    first, second, third, _ = sweep.runs
    assert [stage.name for stage in first.needed] == ["ear", "hand", "judge"]
    marks = [{stage.name: run.fingerprint(stage) for stage in run.needed} for run in (first, second, third)]
    assert marks[0] == marks[1] and marks[0]["judge"] == marks[2]["judge"]
    assert marks[0]["ear"] != marks[2]["ear"] and marks[0]["hand"] != marks[2]["hand"]
    hand = first.stages["hand"]
    assert hand.values["data"] == "here" and hand.values["audioclip"] == "${ear}"
    assert (hand.values["train"]["checkpoint_every"], hand.values["train"]["keep"]) == (8, 30)
    assert [hand.step(after) for after in (0.25, 0.5, 0.75, 1)] == [8, 16, 24, 30]


def test_a_default_that_is_written_down_is_the_same_training(recipe):
    plain, written, other = (
        read(recipe, settings).runs[0]
        for settings in ([], ["train.hand.unet.projection.kind=learned", "train.hand.train.workers=1"], ["data=other"])
    )
    hand = plain.stages["hand"]
    assert plain.fingerprint(hand) == written.fingerprint(written.stages["hand"])
    assert plain.fingerprint(hand) != other.fingerprint(other.stages["hand"])


def test_only_what_is_measured_is_trained(recipe):
    ear = ["measure.of=${ear}", "measure.metrics=[querying]", "measure.judge=null"]
    runs = read(recipe, ear).runs
    assert [[stage.name for stage in run.needed] for run in runs[:2]] == [["ear"], ["ear"]]
    (begun,) = read(recipe, [*ear, "sweep=null", "measure.after=0"]).runs
    assert begun.needed == [] and begun.name == "all"


def test_references():
    assert references({"a": ["${x}", {"b": "${y}/${z}"}], "c": 3}) == {"x", "y", "z"}
    assert filled({"a": ["${x}", "${x}/${y}"], "b": "${z}"}, {"x": 1, "z": None}) == {"a": [1, "1/${y}"], "b": None}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["datta=here"], "datta: nothing refers to"),
        (["measure.metrics=[adherance]"], "did you mean 'adherence'"),
        (["measure.metrics=[]"], "there are none"),
        (["measure.count=many"], "measure.count"),
        (["measure.of=${hands}"], "nothing before it is called"),
        (["train.ear.start=${hand}"], "train.ear: nothing before it is called"),
        (["train.ear.train.stepps=3"], r"train\.ear: train\.stepps"),
        (["train.ear.task=aline"], "there is no task 'aline'"),
        (["sweep={ear.per_class: null, eer.per_class: [1]}"], "did you mean 'ear'"),
        (["sweep={measure.after: [0.3]}"], r"after=0\.3: hand keeps 4 checkpoints"),
        (["measure.of=audioclip-diffusion"], "only what the sweep trains"),
        (["train.hand.checkpoints=null"], "hand keeps no checkpoints"),
        (["train=3"], "3 is not a mapping"),
    ],
)
def test_errors_come_before_work(recipe, settings, told):
    with pytest.raises(ConfigError, match=told):
        read(recipe, settings)


def test_a_recipe_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'pocket_guidance'"):
        read("pocket_guidence")


RUNS = {
    "pocket_guidance": (6, 0),
    "pocket_guidance_none": (7, 2),
    "pocket_lengths": (7, 0),
    "pocket_projection": (2, 2),
    "thesis": (15, 31),
    "thesis_concurrent": (150, 31),
    "thesis_guidance": (7, 4),
    "thesis_projection": (2, 4),
    "thesis_querying": (90, 15),
}


def test_every_shipped_sweep_is_right():
    assert {file.stem for file in SHIPPED.glob("*.yaml")} == RUNS.keys()
    trained: dict[str, set[str]] = {}
    for name, (runs, trainings) in RUNS.items():
        found = read(name).runs
        trained[name] = {f"{stage.name} {run.fingerprint(stage)}" for run in found for stage in run.needed}
        assert (len(found), len(trained[name])) == (runs, trainings), name
    # The experiments share their trainings: guidance needs one network more, projections another one.
    assert trained["thesis"] == trained["thesis_concurrent"] > trained["thesis_querying"]
    assert len(trained["thesis_guidance"] - trained["thesis"]) == 1
    assert len(trained["thesis_projection"] - trained["thesis"]) == 1
