import pytest
from fastapi.testclient import TestClient

from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.order import turns
from hearsight.serving.study import app


@pytest.fixture
def served(made):
    def call(kind, **options):
        study, folder = made(kind)
        return TestClient(app(study, folder, **options)), study, Answers(folder, study)

    return call


def test_a_rater_joins_answers_and_comes_back(served):
    client, study, answers = served("match", invited_only=False)
    assert client.get("/api/study").json() == {"title": study.title, "kind": "match", "count": 7, "open": True}
    token = client.post("/api/raters").json()["token"]
    trials = client.get(f"/api/r/{token}").json()["trials"]
    assert [one["choice"] for one in trials] == [None] * 7
    for number, choice in enumerate(("left", "right", "neither")):
        saved = client.put(f"/api/r/{token}/trials/{number}", json={"choice": choice, "seconds": 2.5})
        assert (saved.status_code, saved.json()) == (200, {"saved": choice})
    again = client.get(f"/api/r/{token}").json()["trials"]
    assert [one["choice"] for one in again] == ["left", "right", "neither", *[None] * 4]
    assert [one["pictures"] for one in again] == [one["pictures"] for one in trials]
    rater = answers.rater(token)
    order = turns(study, rater.number, rater.repetition)
    assert [(one.trial, one.meaning) for one in answers.current()] == [
        (order[0].trial.name, order[0].shown[0].meaning),
        (order[1].trial.name, order[1].shown[1].meaning),
        (order[2].trial.name, "neither"),
    ]


def test_an_answer_can_be_corrected(served):
    client, _, answers = served("relevance")
    token = client.post("/api/raters").json()["token"]
    for choice in ("2", "5"):
        client.put(f"/api/r/{token}/trials/0", json={"choice": choice})
    assert [one.meaning for one in answers.current()] == ["5"]
    assert [one.meaning for one in answers.history()] == ["2", "5"]
    assert client.get(f"/api/r/{token}").json()["trials"][0]["choice"] == "5"


@pytest.mark.parametrize("kind", ["match", "preference", "relevance"])
def test_the_page_is_not_told_what_is_right(served, kind):
    client, _, _ = served(kind)
    text = client.get(f"/api/r/{client.post('/api/raters').json()['token']}").text
    assert not [word for word in ("positive", "negative", "ours", "theirs", "check", "expected") if word in text]
    assert ("rain" in text) == (kind == "relevance")


def test_sounds_and_pictures_are_sent_in_parts_too(served):
    client, _, _ = served("preference")
    trial = client.get(f"/api/r/{client.post('/api/raters').json()['token']}").json()["trials"][0]
    part = client.get(trial["sound"], headers={"Range": "bytes=0-3"})  # what Safari asks for before it plays anything
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert part.headers["content-type"] in ("audio/wav", "audio/x-wav", "audio/vnd.wave")
    assert all(client.get(picture).headers["content-type"] == "image/png" for picture in trial["pictures"])


def test_everything_comes_from_here(served):
    client, _, _ = served("match")
    page = client.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    for name in ("study.js", "player.js", "server.js", "study.css", "icon.svg"):
        found = client.get(f"/page/{name}")
        assert found.status_code == 200
        assert "http" not in found.text.replace("http://www.w3.org/2000/svg", "")
    assert client.get("/r/anything").text == page.text


def test_mistakes_are_told_in_a_line(served):
    client, _, answers = served("match")
    token = client.post("/api/raters").json()["token"]
    for path, body, code, message in (
        ("/api/r/nobody/trials/0", {"choice": "left"}, 404, "belongs to nobody"),
        (f"/api/r/{token}/trials/7", {"choice": "left"}, 404, "from 0 to 6"),
        (f"/api/r/{token}/trials/0", {"choice": "3"}, 422, "no answer to this trial"),
        (f"/api/r/{token}/trials/0", {"choice": "both"}, 422, ""),
        (f"/api/r/{token}/trials/0", {"choice": "left", "seconds": -1}, 422, ""),
    ):
        refused = client.put(path, json=body)
        assert (refused.status_code, message in refused.text) == (code, True)
    assert client.get("/api/r/nobody").status_code == 404
    assert client.get("/pictures/../study.json").status_code == 404
    assert client.get("/pictures/%2e%2e/study.json").status_code == 404
    assert answers.history() == []


def test_by_invitation_only(served):
    client, _, answers = served("match", invited_only=True)
    assert client.get("/api/study").json()["open"] is False
    refused = client.post("/api/raters")
    assert (refused.status_code, "invitation" in refused.json()["message"]) == (403, True)
    assert client.get(f"/api/r/{answers.invite().token}").status_code == 200
