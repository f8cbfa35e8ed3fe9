"""The web page of a human study: it asks for nothing from anywhere else, and every rater has a link of their own.

GET  /                                  welcome; who begins there is given a link
POST /api/raters                        a new rater: their token
GET  /r/TOKEN                           the page, for one rater
GET  /api/r/TOKEN                       their trials in their order, with what they answered
PUT  /api/r/TOKEN/trials/NUMBER         answer one, or correct an answer
"""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from hearsight.errors import ConfigError, MissingDependency
from hearsight.evaluation.human.answers import Answers, Rater
from hearsight.evaluation.human.order import Turn, turns
from hearsight.evaluation.human.study import PICTURES, SOUNDS, Study

try:
    import uvicorn
    from fastapi import FastAPI, HTTPException, Request, Response
    from fastapi.responses import FileResponse, JSONResponse
    from fastapi.staticfiles import StaticFiles
    from pydantic import BaseModel, Field
except ModuleNotFoundError:
    raise MissingDependency("the page of a study needs fastapi and uvicorn: pip install 'hearsight[study]'") from None

PAGE = Path(__file__).parent / "study_page"
HEADERS = {
    # Nothing from elsewhere, and the token of the address goes nowhere.
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
KEPT = "private, max-age=86400"
"""Sounds and pictures are named after their content, so a browser may keep them."""


class Given(BaseModel):
    """An answer as the page sends it."""

    choice: Literal["left", "right", "neither", "1", "2", "3", "4", "5"]
    """What was chosen."""
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """How long the rater looked."""


def app(study: Study, folder: Path, *, invited_only: bool = False) -> FastAPI:
    """The page of the study in `folder`.

    Args:
        invited_only: nobody is given a link who has none.
    """
    answers = Answers(folder, study)
    service = FastAPI(title=study.title, docs_url=None, redoc_url=None, openapi_url=None)

    def known(token: str) -> Rater:
        rater = answers.rater(token)
        if rater is None:
            raise HTTPException(404, "This link belongs to nobody; please check that it is complete.")
        return rater

    @service.middleware("http")
    async def guarded(request: Request, respond: Any) -> Response:
        response: Response = await respond(request)
        response.headers.update(HEADERS)
        media = request.url.path.startswith(("/sounds/", "/pictures/")) and response.status_code < 400
        response.headers["Cache-Control"] = KEPT if media else "no-store"
        return response

    @service.exception_handler(HTTPException)
    async def told(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": error.detail}, error.status_code)

    @service.get("/")
    @service.get("/r/{token}")
    def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @service.get("/api/study")
    def welcome() -> dict[str, Any]:
        return {**_about(study), "open": not invited_only}

    @service.post("/api/raters", status_code=201)
    def join() -> dict[str, str]:
        if invited_only:
            raise HTTPException(403, "This study is by invitation; please open the link that you were sent.")
        return {"token": answers.invite().token}

    @service.get("/api/r/{token}")
    def state(token: str) -> dict[str, Any]:
        rater = known(token)
        said = {answer.trial: answer.meaning for answer in answers.current(rater)}
        order = turns(study, rater.number, rater.repetition)
        return {**_about(study), "trials": [_shown(turn, said.get(turn.trial.name)) for turn in order]}

    @service.put("/api/r/{token}/trials/{number}")
    def save(token: str, number: int, given: Given) -> dict[str, Any]:
        rater = known(token)
        order = turns(study, rater.number, rater.repetition)
        if not 0 <= number < len(order):
            raise HTTPException(404, f"There is no trial {number}; they are numbered from 0 to {len(order) - 1}.")
        turn = order[number]
        meaning = turn.meaning(given.choice)
        if meaning is None:
            raise HTTPException(422, f"{given.choice!r} is no answer to this trial.")
        answers.save(rater, turn.trial.name, meaning, given.choice, given.seconds)
        return {"saved": given.choice}

    service.mount("/sounds", StaticFiles(directory=folder / SOUNDS, check_dir=False))
    service.mount("/pictures", StaticFiles(directory=folder / PICTURES))
    service.mount("/page", StaticFiles(directory=PAGE))
    return service


def _about(study: Study) -> dict[str, Any]:
    return {"title": study.title, "kind": study.kind, "count": len(study.of_repetition(0))}


def _shown(turn: Turn, said: str | None) -> dict[str, Any]:
    """What the page may know of a trial: neither who drew what, nor whether it is a check."""
    trial = turn.trial
    return {
        "sound": f"/{SOUNDS}/{trial.sound}" if trial.sound else None,
        "pictures": [f"/{PICTURES}/{one.picture}" for one in turn.shown],
        "label": trial.label if len(turn.shown) == 1 else None,
        "choice": None if said is None else turn.choice(said),
    }


def serve(
    study: Study, folder: Path, *, host: str, port: int, invited_only: bool, ready: Callable[[str], None]
) -> None:
    """Serve the page until Ctrl-C; `ready` is called with its address as soon as it can be opened.

    Raises ConfigError where the address cannot be used.
    """
    service = app(study, folder, invited_only=invited_only)
    try:
        listening = socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--host {host} --port {port}: cannot be served ({error}); choose another --port.") from None
    with listening:
        ready(f"http://{host}:{listening.getsockname()[1]}")
        uvicorn.Server(uvicorn.Config(service, log_level="warning", access_log=False)).run(sockets=[listening])
