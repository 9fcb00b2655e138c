"""What is the same: persons, organisations, works and studies across records.

Everything here writes the resolution graph alone. The graphs of the sources are never altered; drop the
resolution graph and they stand as if nothing had been linked.
"""

from loaders.linking.decisions import Decision, Verdict
from loaders.linking.linker import Linker
from loaders.linking.output import Delta

__all__ = ["Decision", "Delta", "Linker", "Verdict"]
