"""Local stand-ins that speak vendors' wire formats, for the demo and the tests."""
