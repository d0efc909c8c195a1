"""What holds for the tests of every room."""

from hypothesis import settings

# By itself an example that takes longer than 0.2 s fails: on a busy machine that says nothing about the code.
settings.register_profile("okrsync", deadline=None)
settings.load_profile("okrsync")
