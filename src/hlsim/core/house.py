"""The exchange's own addresses: none of them can sign, all of them keep the sum."""

FEES = "0xfeefeefeefeefeefeefeefeefeefeefeefeefee0"
BACKSTOP = "0xbac5bac5bac5bac5bac5bac5bac5bac5bac5bac5"
# Holds the other side of the positions that accounts are given at the start.
GENESIS = "0x6e6e515500000000000000000000000000000000"
HOUSE = frozenset({FEES, BACKSTOP, GENESIS})
