"""The 3t command and its subcommands."""
