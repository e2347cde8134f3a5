"""Statistics and metrics: pure functions over arrays."""
