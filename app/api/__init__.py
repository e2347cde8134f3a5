"""HTTP routes on the app's own port; as thin as the pages."""
