"""`python -m khronika` is the command line."""

from khronika.cli import main

main()
