import dataclasses

import pytest
from PIL import Image

from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, DataError, WeightsError
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.instruments import Instruments
from hearsight.evaluation.measurement import METRICS, Measurement
from hearsight.evaluation.sample import Sample


@pytest.fixture
def measurement(data, system, judge_folder, tmp_path) -> Measurement:
    """Two pictures of each of four sounds, in the colour of their class but for one."""
    heard = sounds(data)
    files = [[tmp_path / f"{number}_{seed}.png" for seed in (0, 1)] for number in range(4)]
    for number, some in enumerate(files):
        for seed, path in enumerate(some):
            Image.new("RGB", (12, 12), (40 * seed, 30 * number, 0)).save(path)
            colour = "green" if (number, seed) == (0, 1) else heard[number].label
            image = Image.new("RGB", (12, 12), {"green": "lime"}.get(colour, colour))
            image.putpixel((number, seed), (9, 9, 9))
            image.save(path)
    tools = Instruments(judge_folder=judge_folder, device="cpu")
    return Measurement(Sample(data, heard, files, tmp_path / "cache"), tools, SharedSpace.of(system.audioclip))


def test_every_metric_gives_results(measurement) -> None:
    possible, left_out = measurement.possible()
    assert possible == [metric for metric in METRICS if metric != "clip_fid"] and list(left_out) == ["clip_fid"]
    results = {metric: measurement.measure(metric) for metric in possible}
    for metric, some in results.items():
        assert some and all(result.samples and len(result.weights_sha256) == 64 for result in some), metric
    named = [result.metric for some in results.values() for result in some]
    assert len(set(named)) == len(named) == 18, named
    (adherence,), (content,) = results["adherence"], results["aic"]
    assert adherence.value == 0.875 and adherence.details["confusion"] == [[4, 0, 0], [0, 0, 0], [0, 1, 3]]
    assert content.details["by name alone"] == 0.875
    (precision,) = results["map"]
    assert precision.metric == "own mAP" and precision.value > 0.8
    assert {result.network for result in results["querying"]} == {"the system's AudioCLIP"}
    assert results["iis"][0].details["paired by"] == "class" and results["iis"][0].details["true pictures"] == 4
    assert {path.suffix for path in measurement.sample.cache.rglob("*.*")} == {".hashes", ".features"}


def test_what_cannot_be_measured_says_why_before_anything_is_drawn(measurement, tmp_path) -> None:
    before = measurement.sample
    sample = dataclasses.replace(before, heard=before.heard[:1], pictures=[[tmp_path / "not_yet.png"]])
    single = dataclasses.replace(measurement, sample=sample, own=None)
    possible, left_out = single.possible()
    assert possible == ["adherence", "aic", "clip_score", "map"]
    told = {
        "fid": "1 drawn and 5 real pictures: FID's covariance of 3 features needs more than 3",
        "clip_fid": "CLIP-FID's covariance of 256",
        "kid": "KID needs two",
        "is": "1 pictures for 3 classes",
        "ais": "ais compares with others",
        "iis": "iis compares",
        "recall": "recall compares",
        "querying": "no space of its own",
    }
    assert left_out.keys() == told.keys()
    assert all(words in left_out[metric] for metric, words in told.items())


def test_a_judge_that_does_not_know_the_classes_is_refused(measurement) -> None:
    pocket = dataclasses.replace(measurement, instruments=Instruments(device="cpu"))
    with pytest.raises(DataError, match="blue, red: the judge knows only"):
        pocket.check("adherence")


def test_a_mistyped_metric_is_named(measurement) -> None:
    for ask in (measurement.check, measurement.measure):
        with pytest.raises(ConfigError, match="there is no such metric; did you mean 'recall'"):
            ask("recal")


def test_a_network_that_was_named_and_is_not_there_is_an_error(measurement, tmp_path) -> None:
    gone = dataclasses.replace(measurement, instruments=Instruments(inception=tmp_path / "gone.pth", device="cpu"))
    with pytest.raises(WeightsError, match=r"gone\.pth"):
        gone.possible()
