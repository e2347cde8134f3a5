"""What a batch's votes and measures say, as figures."""
