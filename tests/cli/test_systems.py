import json

from hearsight.hub.folder import shipped_names


def test_what_ships_is_listed(hearsight):
    code, out, _ = hearsight("systems", "--json")
    assert code == 0
    assert [json.loads(line)["system"] for line in out.splitlines()] == shipped_names()


def test_the_table_names_them_too(hearsight):
    _, out, _ = hearsight("systems")
    assert all(name in out for name in shipped_names())
