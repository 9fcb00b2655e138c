"""Links as SSSOM TSV, the exchange format of mapping sets (https://mapping-commons.github.io/sssom/), out and in.

A rejection is a mapping with the modifier `Not`. A split is one whose object is `sssom:NoTermFound`: nothing else is
the subject. A candidate is marked in `other`, for SSSOM knows no half-decided mappings.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args, get_type_hints

from loaders.linking.decisions import AFFILIATION, Decision, Verdict
from loaders.linking.links import Link
from loaders.linking.resolvers import RESOLVERS
from loaders.linking.statements import TOOL
from loaders.record import Person
from ontology.iris import ODS, ROR, Iris
from ontology.terms import EVG, SEMAPV, SSSOM

MEDIA_TYPE = "text/tab-separated-values"
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_label",
    "mapping_tool",
    "mapping_date",
    "confidence",
    "comment",
    "other",
)
NOTHING = "sssom:NoTermFound"
OWN = "eg"
"""The prefix of the base, under which our own nodes are named."""
_PREDICATES = {resolver.name: resolver.same for resolver in RESOLVERS}
_PREDICATES |= {"organisation": EVG.sameAgentAs, AFFILIATION: EVG.inferredAffiliation}
_ROLES = get_args(get_type_hints(Person)["role"])
_KNOWN = frozenset(_PREDICATES.values())


class NoSssom(ValueError):
    """A file that is no SSSOM TSV that can be replayed. The message says where and why."""


def head(iris: Iris, title: str) -> str:
    """The metadata of a mapping set and the line of column names."""
    lines = [
        f"mapping_set_id: {iris.base}api/links",
        f"mapping_set_title: {title}",
        "license: https://w3id.org/sssom/license/unspecified",
        "sssom_version: '1.0'",
        "curie_map:",
        *(f"  {prefix}: {iri}" for prefix, iri in prefixes(iris).items()),
    ]
    return "".join(f"#{line}\n" for line in lines) + "\t".join(COLUMNS) + "\n"


def prefixes(iris: Iris) -> dict[str, str]:
    """Prefix to the IRIs that begin so."""
    return {OWN: iris.base, "evg": EVG.namespace, "ods": ODS, "ror": ROR, "semapv": SEMAPV.namespace}


def of_links(links: Iterable[Link], iris: Iris) -> Iterator[str]:
    """Mappings as lines of SSSOM TSV."""
    known = prefixes(iris)
    for link in links:
        m = link.mapping
        by_person = m.justification == SEMAPV.ManualMappingCuration
        yield _line(
            subject_id=_curie(m.left, known),
            subject_label=link.labels[0],
            predicate_id=_curie(m.predicate, known),
            predicate_modifier="Not" if m.status == "rejected" else "",
            object_id=_curie(m.right, known),
            object_label=link.labels[1],
            mapping_justification=_curie(m.justification, known),
            author_label=m.by,
            mapping_tool="" if by_person else TOOL,
            mapping_date=m.at[:10],
            confidence=f"{min(m.score, 1.0):.3f}".rstrip("0").rstrip("."),
            comment=m.comment,
            other="candidate" if m.status == "candidate" else "",
        )


def of_decisions(decisions: Iterable[Decision], labels: Mapping[str, str], iris: Iris) -> Iterator[str]:
    """People's decisions that stand as lines of SSSOM TSV. `labels`: node to its name, where it is known."""
    known = prefixes(iris)
    for said in decisions:
        split = said.verdict is Verdict.SPLIT
        yield _line(
            subject_id=_curie(said.left, known),
            subject_label=labels.get(said.left, ""),
            predicate_id=_curie(_PREDICATES[said.kind], known),
            predicate_modifier="Not" if said.verdict is Verdict.REJECT else "",
            object_id=NOTHING if split else _curie(said.right, known),
            object_label="" if split else labels.get(said.right, ""),
            mapping_justification=_curie(SEMAPV.ManualMappingCuration, known),
            author_label=said.by,
            mapping_tool="",
            mapping_date=said.at[:10],
            confidence="1",
            comment="nothing else is this" if split else "",
            other=f"decided {said.at}" if said.at else "",
        )


def _line(**values: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerow([values[name] for name in COLUMNS])
    return out.getvalue()


def _curie(iri: str, known: Mapping[str, str]) -> str:
    for prefix, start in known.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return iri


def read(text: str, iris: Iris) -> list[Decision]:
    """The decisions of people in a file of SSSOM TSV; what machines made in it is passed over. Nodes under the base of
    the graph that it comes from are taken for those under ours. Raises NoSssom.
    """
    lines = text.splitlines(keepends=True)
    known = _curie_map([line[1:].rstrip("\n\r") for line in lines if line.startswith("#")])
    known[OWN] = iris.base
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    needed = {"subject_id", "object_id", "predicate_id", "mapping_justification"}
    if not needed <= set(rows.fieldnames or ()):
        raise NoSssom(f"no SSSOM TSV: a line of column names with {', '.join(sorted(needed))} is needed")
    return [said for number, row in enumerate(rows, 1) if (said := _decision(row, known, number))]


def _curie_map(metadata: Sequence[str]) -> dict[str, str]:
    """The prefixes that the metadata declare, beside those that the format itself knows."""
    found = {"semapv": SEMAPV.namespace, "sssom": SSSOM.namespace}
    within = False
    for line in metadata:
        name, _, value = line.strip().partition(":")
        if not line.startswith((" ", "\t")):
            within = name == "curie_map"
        elif within and value.strip():
            found[name.strip("'\"")] = value.strip().strip("'\"")
    return found


def _decision(row: Mapping[str, str | None], known: Mapping[str, str], number: int) -> Decision | None:
    """What a person decided in a row; None where none did."""
    said = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str | None)}
    if _iri(said["mapping_justification"], known) != SEMAPV.ManualMappingCuration:
        return None
    if _iri(said["predicate_id"], known) not in _KNOWN:
        raise NoSssom(f"row {number}: {said['predicate_id']!r} is no predicate that links are made with here")
    by = said.get("author_label") or said.get("reviewer_label") or said.get("author_id") or ""
    if not by:
        raise NoSssom(f"row {number}: author_label is needed: who decided?")
    moment = said.get("other", "").removeprefix("decided ").strip()
    at = moment if moment[:10] == said.get("mapping_date") else said.get("mapping_date", "")
    left, right = _iri(said["subject_id"], known), _iri(said["object_id"], known)
    kind = _kind(_iri(said["predicate_id"], known), left)
    if right == _iri(NOTHING, known):
        return Decision(kind, left, "", Verdict.SPLIT, by, at)
    verdict = Verdict.REJECT if said.get("predicate_modifier") == "Not" else Verdict.ACCEPT
    return Decision(kind, left, right, verdict, by, at)


def _kind(predicate: str, node: str) -> str:
    """What a decision is on. Persons and organisations are told apart by their nodes' names (`loaders/parts.py`)."""
    if predicate == EVG.sameAgentAs:
        return "person" if node.rpartition("#")[2].rpartition("-")[0] in _ROLES else "organisation"
    return next(kind for kind, same in _PREDICATES.items() if same == predicate)


def _iri(curie: str, known: Mapping[str, str]) -> str:
    prefix, colon, local = curie.partition(":")
    return known[prefix] + local if colon and prefix in known else curie
