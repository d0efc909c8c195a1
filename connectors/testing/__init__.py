"""What connectors are proved with: a server that misbehaves on purpose, and the whole table of faults as one class.

from connectors.testing import Conformance

class TestMine(Conformance): ...
"""

import pytest

pytest.register_assert_rewrite("connectors.testing.conformance", "connectors.testing.declared")

from connectors.testing.conformance import Conformance  # noqa: E402 -- asserts are rewritten on import

__all__ = ["Conformance"]
