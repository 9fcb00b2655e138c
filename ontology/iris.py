"""Every IRI that the project mints. Pure functions of a record's own identifiers.

All are slash IRIs under the operator's base; parts of a record are its fragments; there are no blank nodes.
Nothing is ever renamed: what turns out to be the same is linked.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote

ROR = "https://ror.org/"
ODS = "https://directory.spineservices.nhs.uk/ORD/2-0-0/organisations/"
"""What the IRIs of organisations begin with in the registers of ROR and of the NHS; not minted, only named."""

_WORDS = re.compile(r"[^\W_]+")
_IN_PATH = "/:;@!$&()*+,=-._~"  # what RFC 3987 allows in a path and we leave as it is; the rest is %-encoded


def normalise(text: str) -> str:
    """A text folded for comparison: NFKD without marks, lower case, letters and digits parted by one space.

    >>> normalise("  The Émigré's  burn-out: a *study*. ")
    'the emigre s burn out a study'
    """
    if text.isascii():
        return " ".join(_WORDS.findall(text.lower()))
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(bare))


def digest(text: str, length: int = 16) -> str:
    """The first hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def title_key(title: str) -> str:
    """The key of a record that has nothing but its title: a hash of the normalised title."""
    return "title-" + digest(normalise(title))


def slug(text: str, length: int = 60) -> str:
    """A readable path segment; never empty, since a text without letters gives its hash.

    >>> slug("Steve Gillard")
    'steve-gillard'
    """
    words = normalise(text).encode("ascii", "ignore").decode().split()
    return "-".join(words)[:length].strip("-") or digest(text)


def path(text: str) -> str:
    """A text made safe for the path of an IRI, slashes kept; `unpath` reverses it."""
    return quote(text, safe=_IN_PATH)


def unpath(text: str) -> str:
    """The text that `path` was given."""
    return unquote(text)


@dataclass(frozen=True, slots=True)
class Iris:
    """The IRIs of one graph. `base` ends in a slash.

    >>> Iris("http://127.0.0.1:8000/").record("hra", "146257")
    'http://127.0.0.1:8000/record/hra/146257'
    """

    base: str

    def record(self, source: str, key: str) -> str:
        return f"{self.base}record/{source}/{path(key)}"

    def part(self, source: str, key: str, name: str) -> str:
        """A part of a record: `author-1`, `sponsor`, `evidence-3`."""
        return f"{self.record(source, key)}#{name}"

    def record_graph(self, source: str, key: str) -> str:
        return f"{self.base}graph/record/{source}/{path(key)}"

    def evidence_graph(self, source: str, key: str) -> str:
        return f"{self.base}graph/evidence/{source}/{path(key)}"

    @property
    def resolution_graph(self) -> str:
        return f"{self.base}graph/resolution"

    def publication(self, scheme: str, value: str) -> str:
        """A document, by the best identifier that its record has ("doi", "pmid", "eprints", "title" …)."""
        return f"{self.base}publication/{scheme}/{path(value)}"

    def study(self, scheme: str, value: str) -> str:
        """A registered study, by its number in a register ("iras", "isrctn", "nct")."""
        return f"{self.base}study/{scheme}/{path(value)}"

    def implied_study(self, publication: str) -> str:
        """The study that a publication implies, named after it."""
        return f"{self.base}study/of/{publication.removeprefix(self.base + 'publication/')}"

    def keyword(self, folded: str) -> str:
        return f"{self.base}keyword/{path(folded.replace(' ', '-'))}"

    def cluster(self, kind: str, label: str, member: str) -> str:
        """A resolved thing (`kind`: person, organisation, work, project), named after one member.

        The hash is of that member's IRI, so that any member's hash leads to the cluster it is now in.
        """
        return f"{self.base}{kind}/{slug(label, 40)}-{digest(member, 12)}"
