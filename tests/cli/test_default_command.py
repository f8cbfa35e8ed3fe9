import typer

from hearsight.cli.default_command import a_first_word_means


def test_a_first_word_is_a_command_or_the_default_s_argument(capsys):
    app = typer.Typer(cls=a_first_word_means("greet"))

    @app.command()
    def greet(name: str) -> None:
        print(f"hello {name}")

    @app.command()
    def leave() -> None:
        print("goodbye")

    for arguments, told in ((["you"], "hello you"), (["greet", "you"], "hello you"), (["leave"], "goodbye")):
        app(arguments, standalone_mode=False)
        assert capsys.readouterr().out == f"{told}\n"
