"""A group of commands of which one goes without its name: `evaluate SYSTEM` means `evaluate system SYSTEM`."""

from typing import Any

from typer.core import TyperGroup


def a_first_word_means(command: str) -> type[TyperGroup]:
    """A group in which a first word that is no command is the first argument of `command`."""

    class Group(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Put the name of the command before its first argument."""
            named = args and not args[0].startswith("-") and args[0] not in self.commands
            return super().parse_args(ctx, [command, *args] if named else args)

    return Group
