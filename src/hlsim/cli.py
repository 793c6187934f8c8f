"""The hlsim command."""
