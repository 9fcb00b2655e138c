"""`evidence-graph`, and `python -m service`: the command line; what writes much runs under the allocator."""

import sys

from service import allocator

WRITING = ("load", "rebuild", "harvest", "link")
"""Commands that write as much as they are given. To begin again takes 0.05 s."""


def main() -> None:
    """The entry point."""
    if sys.argv[1:2] and sys.argv[1] in WRITING:
        allocator.restart()
    from service.cli import main as command

    command()


if __name__ == "__main__":
    main()
