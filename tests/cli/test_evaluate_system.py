"""`hearsight evaluate SYSTEM` end to end, alone and shared among processes."""

import json
import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.hub.network import save_network

CHOSEN = ("--metrics", "adherence,kid,ais,iis,aic", "--judge", "judge", "--cache", "cache")
DRAWN = ("--data", "data", "--steps", 1, "--guidance", 1, "--device", "cpu")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with held-out sounds and pictures of two classes and a judge of them."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for label in ("dog", "rain"):
        for number in range(3):
            for kind, name in (("sounds", f"{number}.wav"), ("pictures", f"{number}.png")):
                path = tmp_path / "data" / kind / "held_out" / label / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "sounds":
                    soundfile.write(path, random.normal(0, 0.2, 2000), 8000)
                else:
                    Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(path)
    torch.manual_seed(0)
    config = PictureClassifierConfig(("dog", "rain"), size=16, width=4, stages=2)
    save_network(tmp_path / "judge", "picture_classifier", PictureClassifier(config))
    return tmp_path


def test_a_first_word_that_is_no_command_is_a_system(hearsight, folder, system):
    code, out, err = hearsight("evaluate", system, *DRAWN, *CHOSEN, "--out", "one", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found == json.loads((folder / "one" / "report.json").read_text())
    assert found["system"] == str(system) and found["settings"]["steps"] == 1
    metrics = [result["metric"] for result in found["results"]]
    assert metrics[:3] == ["own adherence", "own KID", "pocket AIS (share won)"]
    assert (folder / "one" / "report.html").is_file() and (folder / "one" / "pictures" / "dog" / "2_2.png").is_file()

    code, out, _ = hearsight("evaluate", "system", system, *DRAWN, *CHOSEN, "--out", "one")
    assert code == 0 and "own adherence" in out and out.endswith("→ one/report.html\n")
    code, out, _ = hearsight("evaluate", "theirs", "--data", "data", *CHOSEN, "--pictures", "one/pictures", "--json")
    again = json.loads(out)
    assert code == 0 and again["results"] == found["results"] and again["system"] == "theirs"


def test_errors_come_before_work(hearsight, folder, system):
    (folder / "few" / "dog").mkdir(parents=True)
    for arguments, told in (
        ((system, "--data", "nowhere"), "nowhere: holds no held_out sound"),
        ((system, *DRAWN, "--metrics", "fid"), "6 drawn and 6 real pictures: FID"),
        ((system, *DRAWN, "--metrics", " , "), "names no metric"),
        ((system, *DRAWN, "--metrics", "fidd"), "did you mean 'fid'"),
        (("theirs", *DRAWN, "--pictures", "few"), "6 of 6 held-out sounds have no picture"),
        (("adherance", *DRAWN), "adherance"),
    ):
        code, out, err = hearsight("evaluate", *arguments)
        assert (code, out) == (2, "") and told in err and err.count("\n") == 1
    assert not (folder / "evaluation").exists()


@pytest.mark.timeout(600)  # starts processes; on a busy machine each takes its time
def test_two_processes_give_the_numbers_of_one(hearsight, folder, system, start, monkeypatch):
    code, _, _ = hearsight("evaluate", system, *DRAWN, *CHOSEN, "--out", "one")
    assert code == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "GLOO_SOCKET_IFNAME": "lo"}
    for name, value in shared.items():
        monkeypatch.setenv(name, value)
    running = []
    for rank in range(2):
        monkeypatch.setenv("RANK", str(rank))
        running.append(start("evaluate", system, *DRAWN, *CHOSEN[:-1], "cache2", "--out", "two"))
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], ended
    assert "own adherence" in ended[0][0] and ended[1][0] == ""
    one, two = (json.loads((folder / name / "report.json").read_text()) for name in ("one", "two"))
    assert one == two
