"""Where an e-mail domain leads: the institution that it belongs to."""

from functools import cache, lru_cache
from itertools import product

from loaders.linking.organisation_names import fold
from loaders.linking.registry import Entry, registry
from loaders.record import Person

_SUFFIXES = frozenset(
    ("ac.uk", "nhs.uk", "gov.uk", "org.uk", "co.uk", "edu.au", "gov.au", "gc.ca", "ac.jp", "ac.nz", "nhs.net")
)
_FORMS = {
    "nhs": ("", "n"),
    "foundation": ("f", ""),
    "and": ("", "a"),
    "the": ("", "t"),
    "of": ("", "o"),
    "for": ("", "f"),
}
"""Words that an acronym may leave out, with what each adds to it."""


def by_mail(person: Person) -> Entry | None:
    """The institution of a person's e-mail address; None where the domain is nobody's or more than one's."""
    return by_domain((person.email or "").rpartition("@")[2].lower()) if person.email else None


@lru_cache(1 << 14)
def by_domain(domain: str) -> Entry | None:
    """The institution of a domain or of the nearest one above it.

    A domain under `nhs.uk` leads to the one open trust whose initials it spells, where there is one.
    """
    labels = domain.split(".")
    if domain.endswith(".nhs.uk") and len(trusts := by_initials().get(labels[-3], [])) == 1:
        return registry().entries[trusts[0]]
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        if numbers := registry().domains.get(name, []) if name not in _SUFFIXES else []:
            entries = [registry().entries[number] for number in numbers]
            return _foremost([e for e in entries if e.country == "GB"] if labels[-1] == "uk" else entries)
    return None


def _foremost(entries: list[Entry]) -> Entry | None:
    """Of those that share a domain, the one that the most of the others belong to, or the only one."""
    parents = [entry.parent for entry in entries]
    ranked = sorted(entries, key=lambda entry: -parents.count(entry.ror))
    if not ranked or (len(ranked) > 1 and parents.count(ranked[0].ror) == parents.count(ranked[1].ror)):
        return None
    return ranked[0]


@cache
def by_initials() -> dict[str, list[int]]:
    """The acronyms that trusts' present names may make: "nsft" for Norfolk and Suffolk NHS Foundation Trust."""
    found: dict[str, list[int]] = {}
    for number, entry in enumerate(registry().entries):
        if entry.ods and not entry.successor:
            words = fold(entry.names[0]).split()
            for letters in set(product(*(_FORMS.get(word, (word[0],)) for word in words))):
                acronym = "".join(letters)
                if len(acronym) > 2 and number not in found.setdefault(acronym, []):
                    found[acronym].append(number)
    return found
