"""What people decided: it outranks the machine."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

KINDS = ("person", "organisation", "work", "project")
"""What is resolved, by the word that its cluster's IRI bears (`ontology.iris.Iris.cluster`)."""
AFFILIATION = "affiliation"
"""The kind of a decision on where a person's e-mail domain leads: accepted or rejected, it joins no clusters."""


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
    """One verdict of a person. `kind` is one of KINDS, or AFFILIATION; `left` and `right` are IRIs of mentions,
    publications or studies; their order means nothing but for a split and an affiliation, whose `right` is a
    register's. `by` says who, `at` when (ISO 8601): they are written into the graph.
    """

    kind: str
    left: str
    right: str
    verdict: Verdict
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of all decisions: for each pair the last one, who was split off, and for each person and
    institution the last one on whether the e-mail domain leads there.
    """

    pairs: dict[tuple[str, str], Decision]
    alone: dict[str, Decision]
    affiliations: dict[tuple[str, str], Decision] = field(default_factory=dict)

    @property
    def all(self) -> list[Decision]:
        """Every decision that counts, in the order of when and of what."""
        found = [*self.pairs.values(), *self.alone.values(), *self.affiliations.values()]
        return sorted(found, key=lambda d: (d.at, d.kind, d.left, d.right))

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
        """The IRIs that any standing decision on what is one speaks of."""
        return frozenset(iri for pair in self.pairs for iri in pair) | frozenset(self.alone)


def standing(decisions: Iterable[Decision]) -> Standing:
    """The decisions that count. The later `at` wins; of two at the same moment, the one given later."""
    pairs: dict[tuple[str, str], Decision] = {}
    alone: dict[str, Decision] = {}
    affiliations: dict[tuple[str, str], Decision] = {}
    for decision in sorted(decisions, key=lambda d: d.at):
        if decision.verdict is Verdict.SPLIT:
            alone[decision.left] = decision
        elif decision.verdict is Verdict.UNDO and not decision.right:
            alone.pop(decision.left, None)
        else:
            here, pair = pairs, (min(decision.left, decision.right), max(decision.left, decision.right))
            if decision.kind == AFFILIATION:
                here, pair = affiliations, (decision.left, decision.right)
            here.pop(pair, None)
            if decision.verdict is not Verdict.UNDO:
                here[pair] = decision
    return Standing(pairs, alone, affiliations)
