"""The whole core of the platform against hlsim in virtual time, by seed."""
