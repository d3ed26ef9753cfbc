"""`python -m netsteps` is the command `netsteps`."""

import sys

from netsteps.cli import main

if __name__ == "__main__":
    sys.exit(main())
