"""The documented exit codes; 0 is done."""

DEGRADED, MISCONFIGURED, FAILED = 1, 2, 3
