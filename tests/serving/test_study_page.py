"""The page in a real browser: by keyboard, interrupted, gone on with by the link, corrected, finished."""

import shutil
import socket
import threading

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.order import turns
from hearsight.serving.study import app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60_000  # milliseconds
SHOWN = "number => document.getElementById('count').textContent.startsWith(`${number} of`)"


@pytest.fixture
def address(made):
    """Serves a study in this process; gives its address, the study and its answers."""
    running = []

    def call(kind):
        study, folder = made(kind)
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app(study, folder), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        return f"http://127.0.0.1:{listening.getsockname()[1]}", study, Answers(folder, study)

    yield call
    for server, thread, listening in running:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine: apt-get install chromium")
@pytest.mark.timeout(300)
def test_a_study_in_a_browser(address):
    where, study, answers = address("match")
    asked, trouble = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: trouble.append(str(error)))

        def press(key, number):
            """Answer, as soon as the sound was heard, and wait for question `number`."""
            page.wait_for_selector("[data-choice][aria-disabled=false]")
            page.keyboard.press(key)
            page.wait_for_function(SHOWN, arg=number)

        held = []
        context.route("**/sounds/*", lambda route: held.append(route))
        page.goto(where)
        page.click("#begin")
        page.wait_for_selector("#trial:visible")
        page.keyboard.press("ArrowLeft")
        assert page.get_attribute("[data-choice=left]", "aria-disabled") == "true"  # nothing was heard yet
        for route in list(held):
            route.continue_()
        context.unroute("**/sounds/*")
        press("ArrowLeft", 2)
        press("ArrowDown", 3)
        link = page.url
        assert answers.rater(link.rpartition("/")[2]) is not None

        page.goto("about:blank")
        page.goto(link)
        page.wait_for_function("() => document.getElementById('length').textContent.includes('2 of 7')")
        page.click("#begin")
        page.wait_for_function(SHOWN, arg=3)
        page.keyboard.press("Backspace")
        page.wait_for_function(SHOWN, arg=2)
        assert page.get_attribute("[data-choice=neither]", "aria-pressed") == "true"
        press("ArrowRight", 3)  # a correction

        page.wait_for_selector("[data-choice][aria-disabled=false]")
        context.set_offline(True)
        page.click("[data-choice=right]")
        page.wait_for_function("() => document.getElementById('status').textContent.startsWith('Not saved yet')")
        assert len(answers.current()) == 2
        context.set_offline(False)
        page.wait_for_function(SHOWN, arg=4)
        assert page.text_content("#status") == ""

        for number in (5, 6, 7):
            press("ArrowLeft", number)
        page.wait_for_selector("[data-choice][aria-disabled=false]")
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("#done:visible")
        browser.close()

    assert trouble == []
    assert {url for url in asked if not url.startswith(where)} <= {"about:blank"}
    rater = answers.rater(link.rpartition("/")[2])
    order = turns(study, rater.number, rater.repetition)
    choices = {one.trial: one.choice for one in answers.current(rater)}
    assert [choices[turn.trial.name] for turn in order] == ["left", "right", "right", "left", "left", "left", "left"]
    assert len(answers.history(rater)) == 8
    assert all(one.seconds >= 0 for one in answers.history(rater))
