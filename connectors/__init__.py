"""Plugins that pull facts from one system each."""
