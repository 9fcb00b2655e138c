"""What people decided: it outranks the machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

KINDS = ("person", "organisation", "work", "project")
"""What is resolved, by the word that its cluster's IRI bears (`ontology.iris.Iris.cluster`)."""


class Verdict(StrEnum):
    """`ACCEPT`: left and right are one. `REJECT`: they are two, and so are the clusters around them.
    `SPLIT`: left stands alone, but for what people accept of it; right is ignored. `UNDO`: what was decided
    of this pair before (without a right: that left was split off) no longer counts.
    """

    ACCEPT = "accept"
    REJECT = "reject"
    SPLIT = "split"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict of a person. `left` and `right` are IRIs of mentions, publications or studies; their order
    means nothing but for a split. `by` says who, `at` when (ISO 8601): they are written into the graph.
    """

    kind: str
    left: str
    right: str
    verdict: Verdict
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of all decisions: for each pair the last one, and who was split off."""

    pairs: dict[tuple[str, str], Decision]
    alone: dict[str, Decision]

    @property
    def apart(self) -> dict[str, frozenset[str]]:
        """IRI to the IRIs that it is not."""
        found: dict[str, frozenset[str]] = {}
        for (left, right), decision in self.pairs.items():
            if decision.verdict is Verdict.REJECT:
                found[left] = found.get(left, frozenset()) | {right}
                found[right] = found.get(right, frozenset()) | {left}
        return found

    @property
    def members(self) -> frozenset[str]:
        """The IRIs that any standing decision speaks of."""
        return frozenset(iri for pair in self.pairs for iri in pair) | frozenset(self.alone)


def standing(decisions: Iterable[Decision]) -> Standing:
    """The decisions that count. The later `at` wins; of two at the same moment, the one given later."""
    pairs: dict[tuple[str, str], Decision] = {}
    alone: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda d: d.at):
        pair = (min(decision.left, decision.right), max(decision.left, decision.right))
        if decision.verdict is Verdict.SPLIT:
            alone[decision.left] = decision
        elif decision.verdict is Verdict.UNDO:
            if decision.right:
                pairs.pop(pair, None)
            else:
                alone.pop(decision.left, None)
        else:
            pairs[pair] = decision
    return Standing(pairs, alone)
