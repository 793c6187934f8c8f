"""The routes, one module for each thing that is asked."""
