"""The themes and the words that name them, read from SKOS: the shipped scheme and a user's own beside it.

What SKOS has no word for is said with properties of ours, each a plain literal (`docs/evidence.md`).
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from loaders.evidence.match import words
from ontology.terms import DIRECTION, EVG, OWN, RDF, SKOS

SHIPPED = Path(__file__).parents[2] / "ontology" / "themes.ttl"
NS = OWN + "ns#"


@dataclass(frozen=True, slots=True)
class Theme:
    """A concept and the words that name it.

    `labels` name it by themselves; `weak` ones only in a text that holds a `context`, or another label.
    `instruments` are names of what measures it. Within a `wrong_senses` phrase no label counts; in a text
    that holds a `wrong_contexts` phrase, a weak label counts only where a context stands near.
    A weak label that a pattern among `labels` covers too needs no context, only no such phrase.
    `improvement` is the direction that an improvement of it takes: "increase", "decrease" or None.
    `approach`: it is a way of doing research, so that naming it says how a study was done, not what it found.
    `commonplace`: so many records name it that one sentence of an abstract in passing is no evidence.
    `ubiquitous`: so many records measure it that one sentence is none even with a finding.
    """

    iri: str
    label: str
    labels: tuple[str, ...]
    weak: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    wrong_senses: tuple[str, ...] = ()
    wrong_contexts: tuple[str, ...] = ()
    improvement: str | None = None
    approach: bool = False
    commonplace: bool = False
    ubiquitous: bool = False

    @property
    def name(self) -> str:
        """The last part of the IRI: "burnout"."""
        return re.split(r"[/#]", self.iri.rstrip("/#"))[-1]


@dataclass(slots=True)
class _Draft:
    values: dict[str, list[str]] = field(default_factory=dict)
    concept: bool = False
    improvement: str | None = None

    def get(self, prop: str) -> list[str]:
        return self.values.get(prop, [])

    def says(self, prop: str) -> bool:
        return any(value in ("true", "1") for value in self.get(prop))


def load(path: Path) -> tuple[Theme, ...]:
    """Every skos:Concept of a file (Turtle, N-Triples, RDF/XML or JSON-LD by its ending) that has a skos:prefLabel.

    English labels are taken, and those without a language; where a concept has neither, all it has.
    Raises OSError; ValueError for an ending that is no RDF syntax and for an improvement that is neither increase
    nor decrease; SyntaxError for a file that is not that syntax.
    """
    syntax = ox.RdfFormat.from_extension(path.suffix.lstrip("."))
    if syntax is None:
        raise ValueError(f"{path}: use .ttl, .nt, .rdf or .jsonld for a concept scheme")
    drafts: dict[str, _Draft] = {}
    languages: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for quad in _quads(path, syntax):
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        draft = drafts.setdefault(quad.subject.value, _Draft())
        prop, value = quad.predicate.value, quad.object
        if prop == EVG.improvementIs:
            draft.improvement = _way(path, value)
        elif isinstance(value, ox.Literal):
            languages.setdefault((quad.subject.value, prop), []).append((value.language or "en", value.value))
        elif isinstance(value, ox.NamedNode):
            draft.concept |= prop == RDF.type and value.value in (SKOS.Concept, EVG.Theme)
    for (subject, prop), texts in languages.items():
        english = [text for language, text in texts if language.split("-")[0] == "en"]
        drafts[subject].values[prop] = english or [text for _, text in texts]
    themes = (_theme(iri, draft) for iri, draft in drafts.items() if draft.concept)
    return tuple(theme for theme in themes if theme is not None)


def _quads(path: Path, syntax: ox.RdfFormat) -> Iterator[ox.Quad]:
    """The statements of a file, which editors may have begun with a byte order mark."""
    with path.open("rb") as file:
        if file.read(len(BOM_UTF8)) != BOM_UTF8:
            file.seek(0)
        try:
            yield from ox.parse(input=file, format=syntax)
        except SyntaxError as error:
            error.filename = str(path)
            raise


def _way(path: Path, value: object) -> str:
    """The direction that a theme's improvement takes."""
    for name in ("increase", "decrease"):
        if value == ox.NamedNode(DIRECTION[name]):
            return name
    raise ValueError(f"{path}: an evg:improvementIs is direction:increase or direction:decrease, not {value}")


def _theme(iri: str, draft: _Draft) -> Theme | None:
    names = draft.get(SKOS.prefLabel) + draft.get(SKOS.altLabel) + draft.get(SKOS.hiddenLabel)
    if not draft.get(SKOS.prefLabel):
        return None
    weak = tuple(draft.get(NS + "weakLabel"))
    weak_forms = {words(form) for label in weak for form in variants(label)}
    labels = (form for name in names for form in variants(name))
    return Theme(
        iri=iri,
        label=draft.get(SKOS.prefLabel)[0],
        labels=_once((*labels, *draft.get(NS + "labelPattern")), without=weak_forms),
        weak=_once(form for label in weak for form in variants(label)),
        contexts=tuple(draft.get(NS + "context")),
        instruments=_once(form for name in draft.get(NS + "instrument") for form in variants(name)),
        wrong_senses=_once(form for phrase in draft.get(NS + "wrongSense") for form in (phrase, *_spellings(phrase))),
        wrong_contexts=tuple(draft.get(NS + "wrongContext")),
        improvement=draft.improvement,
        approach=draft.says(NS + "approach"),
        commonplace=draft.says(NS + "commonplace"),
        ubiquitous=draft.says(NS + "ubiquitous"),
    )


def _once(patterns: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
    seen = set(without)
    kept = []
    for pattern in patterns:
        plain = words(pattern)
        key = pattern if acronym(pattern) else plain
        if plain.strip("* ") and key not in seen and plain not in seen:
            seen.add(key)
            kept.append(pattern)
    return tuple(kept)


def acronym(label: str) -> bool:
    """Whether a label is capitals and digits ("MBI", "PSWs", "EQ-5D"), which count in that case alone."""
    bare = label.removesuffix("s")
    return len(bare) > 1 and any(c.isalpha() for c in bare) and not any(c.islower() or c in " *" for c in bare)


# British to American and back; every label is tried both ways.
_AMERICAN = (
    (r"isation", "ization"),
    (r"ise(d|s|r|rs|)\b", r"ize\1"),
    (r"ising\b", "izing"),
    (r"(behavi|lab|neighb|col|tum)our", r"\1or"),
    (r"centred", "centered"),
    (r"centre", "center"),
    (r"programme", "program"),
    (r"paed", "ped"),
    (r"counsell", "counsel"),
    (r"ageing", "aging"),
    (r"anaesth", "anesth"),
    (r"apnoea", "apnea"),
    (r"caesar", "cesar"),
    (r"orientated", "oriented"),
)
_BRITISH = (
    (r"ization", "isation"),
    (r"(?<=[lmn])ize(d|s|r|rs|)\b", r"ise\1"),
    (r"(?<=[lmn])izing\b", "ising"),
    (r"(behavi|lab|neighb)or(?!at)", r"\1our"),
    (r"centered", "centred"),
    (r"center", "centre"),
    (r"\bprogram(s?)\b", r"programme\1"),
    (r"\bpediatr", "paediatr"),
    (r"counsel(ing|or)", r"counsell\1"),
    (r"\baging\b", "ageing"),
    (r"oriented", "orientated"),
)


_RESPELT = [[(re.compile(pattern), other) for pattern, other in rules] for rules in (_AMERICAN, _BRITISH)]


def _spellings(label: str) -> Iterator[str]:
    for rules in _RESPELT:
        other = label
        for pattern, replacement in rules:
            other = pattern.sub(replacement, other)
        if other != label:
            yield other


def variants(label: str) -> tuple[str, ...]:
    """A label and the forms that a text may have of it: plural, possessive, British and American, joined.

    >>> variants("Role boundary")
    ('Role boundary', 'Role boundaries')
    >>> variants("well-being")
    ('well-being', 'well-beings', 'wellbeing', 'wellbeings')
    """
    if acronym(label):
        return (label,) if label.endswith("s") else (label, label + "s")
    forms = [label, *_spellings(label)]
    forms += [form.replace("-", "") for form in forms if re.fullmatch(r"\w+-\w+", form)]
    both = [form for single in forms for form in (single, _plural(single))]
    return tuple(dict.fromkeys(form for form in both if form))


def _plural(label: str) -> str:
    if not label[-1:].isalpha() or (label.endswith(("s", "ing", "ed", "ness")) and not label.endswith("being")):
        return ""
    if label.endswith("y") and label[-2:-1] not in "aeiou":
        return label[:-1] + "ies"
    return label + ("es" if label.endswith(("x", "ch", "sh")) else "s")


@cache
def shipped() -> tuple[Theme, ...]:
    """The themes of ontology/themes.ttl."""
    return load(SHIPPED)
