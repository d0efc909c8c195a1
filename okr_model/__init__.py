"""The domain, pure: no I/O, no clock, no environment."""
