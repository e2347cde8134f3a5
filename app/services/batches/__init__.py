"""A question set put to contestants: planned, estimated, run within a budget, paused, resumed."""
