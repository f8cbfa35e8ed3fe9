import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)  # starts processes that start processes; on a busy machine each takes its time
@pytest.mark.parametrize(
    ("name", "contenders"),
    [
        ("hearing", ["pocket audio head", "ASTModel", "published audio head"]),
        ("filter-bank", ["kaldi_fbank, batched", "kaldi_fbank, clip by clip", "kaldi_native_fbank, clip by clip"]),
        ("training", ["PixelUNet", "UNet2DModel on 2 x 2 patches", "UNet2DModel on pixels"]),
        ("drawing", ["PixelUNet", "UNet2DModel on pixels", "DDIMPipeline", "in two calls", "weights channels last"]),
        ("sound-word", ["sound to picture", "words to picture", "hearing alone"]),
        ("sentence", ["speech to picture", "hearing alone", "ASTModel", "drawing alone"]),
        ("stacked-training", ["together, in our loop", "structure: in turn", "bf16, weights channels last"]),
        ("features", ["one by one", "the loop of pytorch-fid", "known already"]),
        ("search", ["hearsight: search, 2 views", "the published loop, 2 cutouts", "loop, 32 cutouts"]),
        ("cold-start", ["hearsight generate", "diffusers script", "hearsight --help", "import torch"]),
    ],
)
def test_every_benchmark_runs_at_debug_size_and_prints_its_ratios(name, contenders, tmp_path):
    command = ["--only", name, "--size", "debug", "--rounds", "1", "--threads", "1", "--json", tmp_path / "found.json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, command)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ratio" in done.stdout and "1.00" in done.stdout
    assert [contender for contender in contenders if contender not in done.stdout] == []
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["machine"]["threads"] == 1
    for comparison in found["comparisons"]:
        first, *others = comparison["rows"]
        assert first["ratio"] == 1 and others
        assert all(len(row["costs"]) == 1 and min(row["costs"]) > 0 for row in comparison["rows"])
        for row in others:
            assert row["ratio"] == pytest.approx(row["best"] / first["best"])
