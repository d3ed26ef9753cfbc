"""python -m real_programs NAME: run one of them."""

import sys

from real_programs import PROGRAMS

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]].run()
