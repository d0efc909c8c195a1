"""The use cases, free of any scheduler."""
