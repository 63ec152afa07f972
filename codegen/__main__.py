"""`python -m codegen`, in a checkout: the generator, which is installed or lies beside this file."""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from colonyos_gen_codegen.cli import main  # found by the line above

if __name__ == "__main__":
    gc.disable()  # it keeps nearly all that it makes, and looking for garbage would take a quarter of its time
    observer = None
    if sys.argv[1:2] == [
        "drift"
    ]:  # the client that servers are asked with need not be there, nor fit for use
        try:
            from colonyos_gen.cli.observing.observer import Observer

            observer = Observer()
        except ImportError:
            pass
    sys.exit(main(observer=observer))
