"""Thin Prefect flows over the steps.

Prefect puts this folder itself on the path when it loads a flow by its file: no module here may bear the name of
another room or of anything else that is imported.
"""
