"""One file for each step; its name begins with its revision, and revisions sort."""
