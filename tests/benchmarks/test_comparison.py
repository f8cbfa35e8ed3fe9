from rich.console import Console

from benchmarks.comparison import Comparison, Row


def test_the_ratio_is_of_best_to_best_and_above_one_where_the_other_costs_more():
    comparison = Comparison("Work", "thing", [Row("ours", [3.0, 2.0, 9.0]), Row("theirs", [7.0, 5.0, 6.0], "large")])
    assert comparison.ratios() == [1.0, 2.5]
    assert [row["ratio"] for row in comparison.plain()["rows"]] == [1.0, 2.5]
    printed = _printed(comparison)
    assert "2.50" in printed and "things / s" in printed and "large" in printed


def test_memory_has_no_speed():
    printed = _printed(Comparison("Memory", "thing", [Row("ours", [300.0]), Row("theirs", [600.0])], cost="MiB"))
    assert "MiB / thing" in printed and "2.00" in printed
    assert "things / s" not in printed and "precision" not in printed


def _printed(comparison: Comparison) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(comparison.table())
    return captured.get()
