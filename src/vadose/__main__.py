"""`python -m vadose` is the command line."""

from vadose.cli import main

main()
