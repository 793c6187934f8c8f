"""`python -m threet.web`."""

from threet.web.server import main

if __name__ == "__main__":
    main()
