"""The database: what was pulled, measured, judged, said and sent."""
