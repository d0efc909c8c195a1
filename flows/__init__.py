"""Thin Prefect flows over the steps."""
