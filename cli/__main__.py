"""`python -m cli` is `okr`, for where the console script is not on the path."""

from cli.main import run

run()
