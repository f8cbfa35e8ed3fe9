from benchmarks.race import Contender, race
from benchmarks.setting import Setting, Size


def test_contenders_take_turns_and_each_round_begins_with_the_next():
    ran = []
    contenders = [Contender(name, lambda name=name: ran.append(name)) for name in "abc"]
    rows = race(contenders, Setting(Size.DEBUG, rounds=3))
    assert "".join(ran) == "abc" + "abc" + "bca" + "cab"  # once before the rounds
    assert [row.name for row in rows] == ["a", "b", "c"]
    assert all(len(row.costs) == 3 and min(row.costs) > 0 for row in rows)


def test_costs_are_per_unit_of_work(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("benchmarks.race.time.perf_counter", lambda: next(clock))
    rows = race([Contender("four at once", lambda: None, units=4)], Setting(Size.DEBUG, rounds=2))
    assert rows[0].costs == [0.25, 0.25]


def test_what_is_quick_is_repeated_until_a_turn_is_full(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("benchmarks.race.time.perf_counter", lambda: now[0])
    ran = []

    def run() -> None:
        ran.append(1)
        now[0] += 0.125

    rows = race([Contender("quick", run)], Setting(rounds=2))
    assert len(ran) == 2 + 2 * 4  # a turn of half a second
    assert rows[0].costs == [0.125, 0.125]
