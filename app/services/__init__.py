"""What a page or a command asks for. No widgets, no SQL, no concrete adapter."""
