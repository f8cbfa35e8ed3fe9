from hearsight.cli.progress import progress


def _work() -> None:
    with progress(2, "beginning") as bar:
        bar.start("first thing")
        for step in range(1, 4):
            bar.step(step, 3)
        bar.finish("first thing → [done]")


def test_a_terminal_keeps_the_finished_lines(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes stderr for a terminal
    _work()
    out, err = capsys.readouterr()
    assert out == ""
    assert "first thing → [done]" in err


def test_anything_else_stays_quiet(monkeypatch, capsys):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    _work()
    assert capsys.readouterr() == ("", "")
