"""Plots as plotly figures, each with its data as rows."""
