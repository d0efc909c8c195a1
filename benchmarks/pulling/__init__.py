"""The three processes of the pull benchmark: a source, a hand-written script, and okrsync's own pull."""
