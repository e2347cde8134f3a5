"""What a month costs each way."""
