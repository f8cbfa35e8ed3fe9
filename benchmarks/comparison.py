"""What a benchmark finds: the costs of several ways to do the same work, the first of them ours."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One contender and what its work cost in every round."""

    name: str
    costs: list[float]
    """Per unit of work: seconds, or MiB."""
    note: str = ""
    """Its size and precision: what one must know to judge the numbers."""

    @property
    def best(self) -> float:
        """The least cost of all rounds: other work on the machine can only add to it."""
        return min(self.costs)


@dataclass(frozen=True)
class Comparison:
    """Several rows that cost the same thing; the first is what the others are compared with."""

    title: str
    work: str
    """The unit of work, in the singular."""
    rows: list[Row]
    cost: str = "s"
    """Unit of the costs: "s" or "MiB"."""

    def ratios(self) -> list[float]:
        """Every row's best cost in units of the first row's: 2 means twice the time, or memory, of ours."""
        return [row.best / self.rows[0].best for row in self.rows]

    def table(self) -> Table:
        """For people."""
        timed, noted = self.cost == "s", any(row.note for row in self.rows)
        table = Table(title=self.title, title_justify="left", title_style="bold", caption_justify="left")
        table.caption = f"best of {len(self.rows[0].costs)} alternating rounds; ratio = best / best of the first row"
        table.add_column("contender")
        for heading in ("ratio", f"{self.cost} / {self.work}", "median", *([f"{self.work}s / s"] if timed else [])):
            table.add_column(heading, justify="right", no_wrap=True)
        if noted:
            table.add_column("size and precision", style="dim")
        for row, ratio in zip(self.rows, self.ratios(), strict=True):
            cells = [row.name, f"{ratio:.2f}", _short(row.best), _short(median(row.costs))]
            cells += [f"{1 / row.best:.3g}"] * timed + [row.note] * noted
            table.add_row(*cells)
        return table

    def plain(self) -> dict[str, Any]:
        """For machines: everything, with the ratios."""
        pairs = zip(self.rows, self.ratios(), strict=True)
        rows = [{**asdict(row), "best": row.best, "ratio": ratio} for row, ratio in pairs]
        return {**asdict(self), "rows": rows}


def _short(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 100 else f"{cost:.3g}"
