"""People's decisions on links: kept for good, applied at once, taken up again where that was interrupted.

A decision is kept in the archive before anything follows from it, so it is never lost; what follows from it is
worked out from the records and all decisions, so it can always be worked out again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loaders.archive import Archive, now
from loaders.contracts import Graph
from loaders.linking.decisions import AFFILIATION, Decision, Verdict, standing
from loaders.linking.linker import Linker
from loaders.linking.statements import Mapping
from loaders.names import signed
from loaders.resolving import catch_up
from ontology.iris import ODS, ROR, Iris

KEPT_AS = "link"
"""The kind of these decisions in the archive."""


class NoSuchLink(LookupError):
    """What was to be decided on is not there. The message says what."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was kept, with the mapping that says what came of it (None for what was undone)."""

    decision: Decision
    mapping: Mapping | None


def decisions(archive: Archive, iris: Iris) -> list[Decision]:
    """Everything that people decided on links, in the order in which they did."""
    found = []
    for _, body, person, at in archive.decisions(KEPT_AS):
        said = {"by": person} | json.loads(body)
        found.append(loaded(said | {"at": said["at"] or at}, iris))
    return found


def keep(archive: Archive, iris: Iris, decision: Decision) -> None:
    """Keep a decision for good. Where it says no moment, that of keeping it counts."""
    body = dumped(decision, iris)
    by = body.pop("by")
    archive.decide(KEPT_AS, json.dumps(body, ensure_ascii=False), by)


def short(iri: str, iris: Iris) -> str:
    """A node as it is kept: without the base, so that decisions outlive a change of it."""
    return iri.removeprefix(iris.base)


def full(text: str, iris: Iris) -> str:
    """The IRI of a node from any spelling of it: an IRI, what one has after the base, or a record's source, key and
    fragment.

    >>> full("crossref/10.1186/1#author-2", Iris("https://example.org/"))
    'https://example.org/record/crossref/10.1186/1#author-2'
    """
    if not text or text.startswith((iris.base, ROR, ODS, "http://", "https://")):
        return text
    first = text.partition("/")[0]
    return iris.base + (text if first in ("record", "publication", "study") else f"record/{text}")


def dumped(said: Decision, iris: Iris) -> dict[str, str]:
    """A decision as JSON, its nodes without the base; `loaded` reads it."""
    ends = {"left": short(said.left, iris), "right": short(said.right, iris)}
    return {"kind": said.kind, **ends, "verdict": str(said.verdict), "by": said.by, "at": said.at}


def loaded(said: dict[str, str], iris: Iris) -> Decision:
    """A decision from its JSON. Raises KeyError or ValueError where it is none."""
    ends = full(said["left"], iris), full(said["right"], iris)
    return Decision(said["kind"], *ends, Verdict(said["verdict"]), said["by"], said["at"])


def _same(said: Decision) -> tuple[object, ...]:
    """Equal for decisions that say the same."""
    return said.kind, frozenset((said.left, said.right)), said.verdict, said.by, said.at


class Review:
    """Decides on links. The graph, the archive and the linker are the caller's; one at a time may write to them."""

    def __init__(self, graph: Graph, archive: Archive, linker: Linker) -> None:
        self._graph = graph
        self._archive = archive
        self._linker = linker

    def decide(self, left: str, right: str, verdict: Verdict, by: str) -> Decided:
        """Keep a decision and apply it. `left` and `right` in any spelling that `full` knows; the kind follows from
        them. Raises NoSuchLink for what linking does not know, ValueError for a decision that makes no sense.
        """
        decision = self.checked(Decision("", left, right, verdict, by, now()))
        self.keep([decision])
        ends = (decision.left, decision.right)
        return Decided(decision, self._linker.mapping(*ends) if verdict is not Verdict.UNDO and all(ends) else None)

    def checked(self, said: Decision) -> Decision:
        """A decision with its ends' IRIs and its kind. Raises NoSuchLink or ValueError as `decide` does."""
        if not said.left:
            raise ValueError("a decision needs something to decide on: left is empty")
        left = full(said.left, self._graph.iris)
        right = full(said.right, self._graph.iris) if said.verdict is not Verdict.SPLIT else ""
        decision = replace(said, left=left, right=right, by=signed(said.by))
        kind = self._undone(decision) if said.verdict is Verdict.UNDO else self._kind(decision)
        if said.kind not in ("", kind):
            raise ValueError(f"these are of kind {kind}, not {said.kind}")
        return replace(decision, kind=kind)

    def _kind(self, said: Decision) -> str:
        if said.verdict is not Verdict.SPLIT and said.right in ("", said.left):
            raise ValueError("two different things are needed to say whether they are one")
        kinds = []
        for iri in filter(None, (said.left, said.right)):
            kinds.append(self._linker.kind(iri))
            if not kinds[-1]:
                raise NoSuchLink(f"linking knows nothing of {short(iri, self._graph.iris)}")
        if kinds == ["person", "organisation"]:
            if not self._linker.mapping(said.left, said.right):
                raise NoSuchLink("no e-mail domain leads from this person to that institution")
            return AFFILIATION
        if len(set(kinds)) > 1:
            raise ValueError(f"the one is of kind {kinds[0]}, the other of kind {kinds[1]}")
        return kinds[0]

    def _undone(self, said: Decision) -> str:
        """The kind of the decision that is to be undone."""
        for other in standing(decisions(self._archive, self._graph.iris)).all:
            ends = {other.left, other.right} == {said.left, said.right}
            if ends or (not said.right and other.verdict is Verdict.SPLIT and other.left == said.left):
                return other.kind
        raise NoSuchLink("nobody decided anything of this that could be undone")

    def replay(self, said: Sequence[Decision]) -> tuple[list[Decision], list[str]]:
        """Take over decisions that were made elsewhere: those that were new and are kept now, and why others are not.

        A thing that is not known here is decided on all the same, for the day on which its record comes.
        """
        known = {_same(decision) for decision in decisions(self._archive, self._graph.iris)}
        kept: list[Decision] = []
        refused: list[str] = []
        for given in said:
            decision = replace(
                given, left=full(given.left, self._graph.iris), right=full(given.right, self._graph.iris)
            )
            try:
                decision = self.checked(decision) if decision.verdict is not Verdict.UNDO else decision
            except NoSuchLink:
                pass
            except ValueError as wrong:
                refused.append(f"{short(decision.left, self._graph.iris)}: {wrong}")
                continue
            if _same(decision) not in known:
                known.add(_same(decision))
                kept.append(decision)
        if kept:
            self.keep(kept)
        return kept, refused

    def keep(self, decided: Sequence[Decision]) -> None:
        """Keep checked decisions, all or none, and apply them."""
        with self._archive.transaction():
            for decision in decided:
                keep(self._archive, self._graph.iris, decision)
        apply(self._graph, self._archive, self._linker)


def apply(graph: Graph, archive: Archive, linker: Linker) -> None:
    """Let the graph follow from everything that people decided. Again it changes nothing.

    Where the linker's tables are to be made anew, that sees to it.
    """
    if linker.stale or linker.empty:
        return
    catch_up(graph, linker)
    linker.update([], [], decisions(archive, graph.iris))
    linker.commit()
    catch_up(graph, linker)
