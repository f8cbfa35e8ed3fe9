import json
import socket
import sqlite3
import threading
import urllib.request
from http.client import HTTPException

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.study import load


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Two classes, drawn by two systems; the working directory."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("dog", "rain")):
        (tmp_path / "sounds").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "sounds" / f"{name}.wav", 0.3 * np.sin(np.arange(800) * (number + 1) / 9), 8000)
        for method in ("one", "two"):
            (tmp_path / method).mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (200 * number, 90, 90)).save(tmp_path / method / f"{name}.png")
    return tmp_path


def make(hearsight, kind, *more):
    pictures = ("--pictures", "one", "--pictures", "other=two", "--sounds", "sounds", "--labels-from-names")
    return hearsight("study", "make", kind, *pictures, "--out", kind, *more)


def test_made_answered_and_reported(hearsight, place):
    code, out, err = make(hearsight, "preference", "--checks", 1)
    assert (code, err) == (0, "")
    assert out == "preference of one, other: 3 trials for every rater\npreference/study.json\n"
    code, out, _ = hearsight("study", "invite", "preference", "--count", 2, "--address", "http://host:1/")
    links = out.split()
    assert len(links) == 2
    study = load(place / "preference")
    answers = Answers(place / "preference", study)
    for link in links:
        rater = answers.rater(link.removeprefix("http://host:1/r/"))
        for trial in study.trials:
            answers.save(rater, trial.name, trial.expected or "other", "left")
    code, out, err = hearsight("study", "report", "preference")
    assert (code, err) == (0, "")
    assert "100.0 %" in out
    code, out, _ = hearsight("study", "report", "preference", "--json", "--attentive-only")
    (row,) = json.loads(out)["rows"]
    assert {one["answer"]: one["percent"] for one in row["shares"]} == {"one": 0, "other": 100, "neither": 0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("make", "mach", "--pictures", "one", "--out", "new"), "did you mean 'match'"),
        (("make", "match", "--pictures", "nowhere", "--out", "new"), "nowhere: is no folder"),
        (("make", "match", "--pictures", "one", "--out", "new"), "no label"),
        (("make", "relevance", "--pictures", "one", "--labels-from-names", "--out", "new"), "--count 2"),
        (("make", "match", "--pictures", "one", "--labels-from-names", "--out", "two"), "is there already"),
        (("serve", "one"), "one: is no study"),
        (("report", "one"), "one: is no study"),
        (("invite", "one"), "one: is no study"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, place, arguments, message):
    code, out, err = hearsight("study", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("hearsight: ")
    assert err.count("\n") == 1


def test_too_few_raters_and_a_port_that_is_taken(hearsight, place):
    make(hearsight, "relevance", "--count", 2)
    code, _, err = hearsight("study", "report", "relevance")
    assert (code, "fewer than 17 raters" in err, err.count("\n")) == (2, True, 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = hearsight("study", "serve", "relevance", "--port", taken.getsockname()[1])
    assert (code, "choose another --port" in err, err.count("\n")) == (2, True, 1)


@pytest.mark.timeout(300)
def test_nothing_that_was_saved_is_lost_when_the_server_is_killed(hearsight, start, place):
    make(hearsight, "match")
    process = start("study", "serve", "match", "--port", 0)
    address = process.stdout.readline().split()[0]
    token = ask(f"{address}/api/raters", "POST")["token"]
    saved, enough = [], threading.Event()

    def answer():
        choices = ("left", "right", "neither")
        try:
            for number in range(100_000):
                choice = choices[number % 3]
                ask(f"{address}/api/r/{token}/trials/{number % 4}", "PUT", {"choice": choice})
                saved.append((number % 4, choice))
                if len(saved) == 20:
                    enough.set()
        except (OSError, HTTPException, ValueError):
            pass  # the server is gone
        finally:
            enough.set()

    writer = threading.Thread(target=answer)
    writer.start()
    enough.wait()
    process.kill()  # in the midst of an answer
    writer.join()
    process.communicate()
    assert len(saved) >= 20

    study = load(place / "match")
    answers = Answers(place / "match", study)
    assert sqlite3.connect(answers.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept = [one.choice for one in answers.history()]
    told = [choice for _, choice in saved]
    assert kept[: len(told)] == told
    assert len(kept) - len(told) in (0, 1)  # the last may be kept without having been told


def ask(address, method, body=None):
    content = json.dumps(body).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)
