"""Call functions of the worker in math_worker.py, and print what they return.

python examples/call.py
"""

from __future__ import annotations

from colonyos_gen import ProcessFailed, as_completed, connect


def main() -> None:
    with connect() as colony:
        print("1 + 2 =", colony.call("add", 1, 2, to="math", timeout=30))

        # Several at once: each is printed when it is done, whichever comes first.
        for process in as_completed([colony.submit("add", n, n, to="math") for n in range(5)], timeout=30):
            print(process.process.spec.args, "->", process.output())

        try:
            colony.call("divide", 1, 0, to="math", timeout=30)
        except ProcessFailed as failure:
            print("divide failed:", failure.errors[0])


if __name__ == "__main__":
    main()
