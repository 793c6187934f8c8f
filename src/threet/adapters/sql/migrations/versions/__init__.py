"""One module per revision. Each step may be run again after it was cut short."""
