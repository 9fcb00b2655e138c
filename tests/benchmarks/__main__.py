"""`make bench`: every measurement, or those named (`make bench ARGS="evidence"`). Prints tables; asserts nothing."""

import sys
from importlib import import_module

KNOWN = ("evidence", "hostile", "linking", "loading", "mesh", "sections", "sparql")


def main() -> None:
    wanted = sys.argv[1:] or KNOWN
    sys.argv[1:] = []  # what each of them would read as options of its own
    for name in wanted:
        if name not in KNOWN:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(KNOWN)}")
    for name in wanted:
        print(f"\n== {name}")
        import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
