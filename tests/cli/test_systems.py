import json

from hearsight.hub.folder import shipped_names
from hearsight.systems import NAMES


def test_all_systems_are_listed_and_those_that_ship_come_first(hearsight):
    code, out, _ = hearsight("systems", "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert sorted(row["system"] for row in rows) == sorted(NAMES)
    assert [row["system"] for row in rows if row["folder"]] == shipped_names()
    assert [row["system"] for row in rows[: len(shipped_names())]] == shipped_names()
    assert all(row["summary"] for row in rows)
    assert all((row["megabytes"] is None) == (row["folder"] is None) for row in rows)


def test_the_table_names_them_too(hearsight):
    _, out, _ = hearsight("systems")
    assert all(name in out for name in NAMES)
