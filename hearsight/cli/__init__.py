"""The `hearsight` command: parses, calls the package, prints; nothing heavy is imported before it is needed."""

import sys
from typing import Any

import typer

from hearsight.cli.bench import bench
from hearsight.cli.classify import classify
from hearsight.cli.compare import compare
from hearsight.cli.data import data
from hearsight.cli.embed import embed
from hearsight.cli.evaluate import evaluate
from hearsight.cli.generate import generate
from hearsight.cli.rerun import rerun
from hearsight.cli.retrieve import retrieve
from hearsight.cli.study import study
from hearsight.cli.sweep import sweep
from hearsight.cli.systems import systems
from hearsight.cli.together import together
from hearsight.cli.train import train
from hearsight.errors import HearsightError

app = typer.Typer(
    name="hearsight",
    help="A sound goes in, a picture comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(generate)
app.command()(together)
app.command()(compare)
app.command()(rerun)
app.command()(classify)
app.command()(embed)
app.command()(retrieve)
app.command()(train)
app.add_typer(evaluate)
app.add_typer(bench)
app.add_typer(data)
app.add_typer(study)
app.add_typer(sweep)
app.command()(systems)

UsageError: Any = typer.BadParameter.__base__  # what typer raises for a mistyped command or option
INTERRUPTED = 130
FAILED = 2


@app.callback(invoke_without_command=True)
def _hearsight(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        from hearsight import __version__

        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command and leave with its code: 0, 2 for what the user can put right, 130 after Ctrl-C."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command with `arguments`; returns its exit code, having printed one line for any expected error."""
    try:
        return app(arguments, prog_name="hearsight", standalone_mode=False) or 0
    except HearsightError as error:
        return _fail(str(error))
    except UsageError as error:
        return _fail(f"{error.format_message().rstrip('.')}; see {_help(error)}")
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED


def _fail(message: str) -> int:
    print(f"hearsight: {' '.join(message.split())}", file=sys.stderr)
    return FAILED


def _help(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'hearsight'} --help"
