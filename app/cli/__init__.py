"""The command line: one module a group of commands, each as thin as a page, over the same services.

Nothing heavy is imported before a command runs: `--help` must answer at once.
"""
