"""`python -m hearsight` is the `hearsight` command."""

from hearsight.cli import main

main()
