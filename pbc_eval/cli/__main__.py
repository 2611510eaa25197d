"""python -m pbc_eval.cli"""

import sys

from pbc_eval.cli import main

if __name__ == "__main__":
    sys.exit(main())
