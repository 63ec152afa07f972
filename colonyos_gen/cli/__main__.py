"""`python -m colonyos_gen.cli`: the same as `colonyos-gen`."""

import sys

from colonyos_gen.cli.main import main

sys.exit(main())
