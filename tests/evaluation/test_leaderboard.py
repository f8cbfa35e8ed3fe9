from dataclasses import replace

import pytest
import torch

from hearsight.errors import DataError
from hearsight.evaluation.contestants import Contestant, contestants
from hearsight.evaluation.drawing import Drawing
from hearsight.evaluation.evaluate import Evaluation
from hearsight.evaluation.instruments import Instruments
from hearsight.evaluation.leaderboard import REAL, Bench, Leaderboard, Standing
from hearsight.evaluation.result import Result
from hearsight.systems import guided_vqgan_config, s2igan
from hearsight.systems.guided_vqgan import WavBriVLVQGAN
from hearsight.systems.s2igan import S2IGAN


@pytest.fixture
def systems(system, tmp_path) -> list[Contestant]:
    """One that hears and reads, one whose weights are damaged, one that only hears, one that draws spoken sentences."""
    torch.manual_seed(0)
    system.save_pretrained(tmp_path / "systems" / "diffusion")
    system.save_pretrained(tmp_path / "systems" / "damaged")
    (tmp_path / "systems" / "damaged" / "unet.safetensors").write_bytes(b"damaged")
    WavBriVLVQGAN(guided_vqgan_config.wavbrivl_debug()).save_pretrained(tmp_path / "systems" / "search")
    S2IGAN(s2igan.debug()).save_pretrained(tmp_path / "systems" / "sentences")
    return contestants([str(tmp_path / "systems" / name) for name in ("damaged", "diffusion", "search", "sentences")])


@pytest.fixture
def bench(data, judge_folder, tmp_path) -> Bench:
    tools = Instruments(judge_folder=judge_folder, device="cpu")
    return Bench(Evaluation(Drawing(data), instruments=tools, cache=tmp_path / "cache"), tmp_path / "out", "cpu")


def test_all_draw_the_same_sounds_and_failures_stop_nobody(bench, systems, tmp_path) -> None:
    told: list[Leaderboard] = []
    board = bench.run(systems, told.append)
    assert [len(one.standings) for one in told] == [2, 4, 6, 6] and len(board.heard) == 4
    by_name = {one.name: one for one in board.standings}
    assert list(by_name) == [
        REAL, "damaged", "diffusion", "diffusion, told the word", "search", "search, told the word"
    ]  # fmt: skip
    assert "not a safetensors file" in by_name["damaged"].reason and not by_name["damaged"].results
    assert "no text topline" in by_name["search, told the word"].reason
    assert [one.name for one in board.failed] == ["damaged", "sentences"]
    assert "hears none of these" in board.other_task[0].reason and board.other_task[0].megabytes > 0

    diffusion, search, words = (by_name[name] for name in ("diffusion", "search", "diffusion, told the word"))
    for one in (diffusion, search):
        assert one.result("adherence").samples == 4 and one.result("KID") and one.result("FID")
        assert bool(one.result("querying accuracy (text)")) == (one is diffusion)
        assert one.result("querying accuracy (pictures)")
        assert one.timing.pictures == 4 and one.megabytes > 0 and len(one.weights) == 64
    assert words.result("adherence") and not words.result("querying accuracy (text)") and words.timing is None
    assert by_name[REAL].result("adherence").value == 1.0 and by_name[REAL].result("KID").samples == 4
    assert board.ranked[0].name == REAL and len(board.ranked) == 4
    assert board.plain()["standings"][1]["reason"] == by_name["damaged"].reason

    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("pictures/*/*.png")}
    again = bench.run(systems[1:2])
    assert {path: path.stat().st_mtime_ns for path in times} == times and len(times) == 12
    assert {one.name: one.plain() for one in again.standings}.items() <= {
        one.name: one.plain() for one in board.standings
    }.items()


def test_what_cannot_be_judged_is_refused_before_anything_is_drawn(bench, systems, data, tmp_path) -> None:
    pocket = replace(bench, evaluation=replace(bench.evaluation, instruments=Instruments(device="cpu")))
    with pytest.raises(DataError, match="blue, red: the judge knows only"):
        pocket.run(systems)
    nowhere = replace(bench, evaluation=replace(bench.evaluation, drawing=Drawing(tmp_path / "nowhere")))
    with pytest.raises(DataError, match="held_out"):
        nowhere.run(systems)
    assert not (tmp_path / "out").exists()


def test_too_few_pictures_for_fid_leave_a_gap(bench, systems) -> None:
    few = replace(bench, evaluation=replace(bench.evaluation, sounds_per_class=1))
    board = few.run(systems[1:2])
    diffusion = board.standings[1]
    assert diffusion.result("FID") is None and diffusion.result("KID") and list(diffusion.left_out) == ["fid"]


def test_the_best_stands_first_below_real_pictures() -> None:
    def standing(name: str, value: float) -> Standing:
        return Standing(name, [Result("own adherence", value, "higher", 9, "by hand", "0" * 64)])

    board = Leaderboard([], [standing("a", 0.1), standing(REAL, 0.2), Standing("c", reason="no"), standing("d", 0.9)])
    assert [one.name for one in board.ranked] == [REAL, "d", "a"]
