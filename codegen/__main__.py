"""`python -m codegen`."""

import gc
import sys

from codegen.cli import main

if __name__ == "__main__":
    gc.disable()  # it keeps nearly all that it makes, and looking for garbage would take a quarter of its time
    sys.exit(main())
