"""What every implementation of a port must do, whatever is behind it."""

import pytest

pytest.register_assert_rewrite("tests.contract.suite")
