from pathlib import Path

from hearsight.evaluation import eyes
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.sample import Sample


def test_pictures_know_their_sounds_and_features_are_told_of(data, judge_folder, tmp_path) -> None:
    heard, steps = sounds(data), []
    real = sorted((data / "pictures" / "held_out" / "blue").glob("*.png"))
    files: list[list[Path]] = [real[:2], real[2:3], [], real[3:4]]
    sample = Sample(data, heard, files, tmp_path, progress=lambda *step: steps.append(step))
    assert sample.own.tolist() == [0, 0, 1, 3] and sample.labels == ["blue", "blue", "blue", "red"]
    eye = eyes.judge(judge_folder)
    drawn, everything = sample.drawn(eye), sample.real_features(eye)
    assert drawn.shape == (4, 3) and everything.shape == (10, 3)
    assert (drawn[:] == everything[:4]).all()
    assert steps[:4] == [("drawn pictures", done, 4) for done in (1, 2, 3, 4)]
    assert steps[4:] == [("real pictures", done, 6) for done in range(1, 7)]
