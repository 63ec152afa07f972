"""The driver of this package's own client."""

import sys

from colonyos_gen.conformance._driver import drive

if __name__ == "__main__":
    drive(sys.stdin.buffer, sys.stdout.buffer)
