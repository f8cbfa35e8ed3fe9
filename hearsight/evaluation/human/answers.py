"""What raters said, in SQLite: one transaction per answer, on the disk before the rater is told that it is saved."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hearsight.errors import DataError
from hearsight.evaluation.human.study import Study

FILE = "answers.sqlite"
PATIENCE = 30.0
"""seconds to wait for another writer"""
TABLES = """
CREATE TABLE IF NOT EXISTS study (sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS raters (
    number INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    repetition INTEGER NOT NULL,
    joined TEXT NOT NULL
);
-- Only ever added to: of a rater and trial the newest answer holds, the older are history.
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rater INTEGER NOT NULL REFERENCES raters (number),
    trial TEXT NOT NULL,
    meaning TEXT NOT NULL,
    choice TEXT NOT NULL,
    seconds REAL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_of ON answers (rater, trial, id);
"""
CURRENT = "SELECT max(id) FROM answers GROUP BY rater, trial"


@dataclass(frozen=True)
class Rater:
    """Somebody who answers; nobody knows who."""

    number: int
    """From 1, in the order of joining."""
    token: str
    """The secret of the personal link."""
    repetition: int
    """The repetition of the experiment that they take part in, from 0."""


@dataclass(frozen=True)
class Answer:
    """One answer of one rater."""

    rater: int
    """The rater's number."""
    trial: str
    """The trial's name."""
    meaning: str
    """What was answered, whichever side it was on."""
    choice: str
    """What was chosen on the page: `left`, `right`, `neither` or a number."""
    seconds: float | None
    """How long the rater looked at the trial."""
    at: str
    """When it was saved (UTC, ISO 8601)."""


class Answers:
    """The answers of a study. Every call opens the file anew, so threads and processes may share it.

    Raises DataError for a file that belongs to another study, or is none.
    """

    def __init__(self, folder: Path, study: Study) -> None:
        self.path = folder / FILE
        self.study = study
        with self._connection() as database:
            # Readers do not wait for writers, and a commit is one append to the log. FULL: it is on the disk then.
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(TABLES)
        with self._transaction() as database:
            made_for = database.execute("SELECT sha256 FROM study").fetchone()
            if made_for is None:
                database.execute("INSERT INTO study VALUES (?)", (study.sha256(),))
            elif made_for[0] != study.sha256():
                raise DataError(f"{self.path}: holds the answers to another study; study.json was changed since.")

    def invite(self) -> Rater:
        """A new rater with a link of their own."""
        with self._transaction() as database:
            (number,) = database.execute("SELECT coalesce(max(number), 0) + 1 FROM raters").fetchone()
            rater = Rater(number, secrets.token_urlsafe(16), (number - 1) % self.study.repetitions)
            database.execute(
                "INSERT INTO raters VALUES (?, ?, ?, ?)", (rater.number, rater.token, rater.repetition, _now())
            )
        return rater

    def rater(self, token: str) -> Rater | None:
        """Whose link this is."""
        with self._connection() as database:
            row = database.execute("SELECT number, token, repetition FROM raters WHERE token = ?", (token,)).fetchone()
        return Rater(*row) if row else None

    def raters(self) -> list[Rater]:
        """Everyone who joined or was invited."""
        with self._connection() as database:
            rows = database.execute("SELECT number, token, repetition FROM raters ORDER BY number").fetchall()
        return [Rater(*row) for row in rows]

    def save(self, rater: Rater, trial: str, meaning: str, choice: str, seconds: float | None = None) -> None:
        """Keep an answer. The same one again changes nothing; another one takes its place, and both stay on record."""
        with self._transaction() as database:
            last = database.execute(
                "SELECT meaning FROM answers WHERE rater = ? AND trial = ? ORDER BY id DESC LIMIT 1",
                (rater.number, trial),
            ).fetchone()
            if last is None or last[0] != meaning:
                database.execute(
                    "INSERT INTO answers (rater, trial, meaning, choice, seconds, at) VALUES (?, ?, ?, ?, ?, ?)",
                    (rater.number, trial, meaning, choice, seconds, _now()),
                )

    def current(self, rater: Rater | None = None) -> list[Answer]:
        """The answers that hold, of everyone or of one rater."""
        return self._select(f"id IN ({CURRENT})", rater)

    def history(self, rater: Rater | None = None) -> list[Answer]:
        """Every answer ever given, in the order of giving."""
        return self._select("1", rater)

    def _select(self, condition: str, rater: Rater | None) -> list[Answer]:
        whose, values = ("AND rater = ?", (rater.number,)) if rater else ("", ())
        with self._connection() as database:
            rows = database.execute(
                "SELECT rater, trial, meaning, choice, seconds, at FROM answers "
                f"WHERE {condition} {whose} ORDER BY answers.id",
                values,
            ).fetchall()
        return [Answer(*row) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            database = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                database.execute("PRAGMA synchronous = FULL")
                yield database
            finally:
                database.close()
        except sqlite3.Error as error:
            raise DataError(f"{self.path}: the answers cannot be read or written ({error}).") from None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
