"""What holds for every test; fixtures stand beside the tests that use them."""

pytest_plugins = ("tests.skips",)
