"""Names of persons and organisations: what their form alone tells."""

import re
from collections.abc import Iterable
from typing import Literal

from loaders.record import Identifier, Organisation, Person
from loaders.text import clean

_PARTICLES = frozenset(
    {
        *("af", "al", "ap", "bin", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du"),
        *("el", "ibn", "la", "le", "los", "ten", "ter", "van", "vande", "vander", "von", "zu", "zum", "zur", "'t"),
    }
)
_SUFFIX = re.compile(r"(?:,\s*|\s+)(?:Jr|Sr|Junior|Senior|II|III|IV)\.?$")
_HONORIFIC = re.compile(r"^(?:Dr|Prof|Professor|Mr|Mrs|Ms|Miss|Sir|Dame|Rev)\.?\s+(?=\S+\s+\S)", re.IGNORECASE)
_COMMAS = str.maketrans("،，、", ",,,")  # as Arabic, Chinese and Japanese write them
_INITIALS = re.compile(r"[^\W\d_]{1,3}|(?:[^\W\d_]\.[ -]?){1,4}")


def split_name(name: str) -> tuple[str | None, str | None]:
    """Family and given names of a personal name, or (None, None) where its form does not tell.

    The forms: "Family, Given", "Given Family" with particles kept with the family name, and MEDLINE's
    "Family GI". Honorifics and generation suffixes belong to neither.

    >>> split_name("Gillard, Steve"), split_name("Steve G Gillard"), split_name("Gillard SG")
    (('Gillard', 'Steve'), ('Gillard', 'Steve G'), ('Gillard', 'SG'))
    >>> split_name("Ludwig van der Berg Jr"), split_name("Plato")
    (('van der Berg', 'Ludwig'), (None, None))
    >>> split_name("شوقي، أحمد")
    ('شوقي', 'أحمد')
    """
    bare = re.sub(r"\s*\(\d+\)$", "", clean(name)).translate(_COMMAS)  # some indexes number their authors
    plain = _HONORIFIC.sub("", _SUFFIX.sub("", bare))
    if "," in plain:
        family, _, given = (part.strip() for part in plain.partition(","))
        given = _SUFFIX.sub("", " " + given.replace(",", " ")).strip()
        return (family or None, given or None) if family else (None, None)
    words = plain.split()
    if len(words) < 2:
        return None, None
    initials = [bool(_INITIALS.fullmatch(word)) and word.isupper() for word in (words[0], words[-1])]
    if initials == [False, True]:
        return " ".join(words[:-1]), words[-1]
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def organisation_kind(name: str) -> str:
    """What an organisation's own name says that it is: a `kind` of `record.Organisation`, or "".

    >>> organisation_kind("Norfolk and Suffolk NHS Foundation Trust"), organisation_kind("Barts Health NHS Trust")
    ('nhs-foundation-trust', 'nhs-trust')
    >>> organisation_kind("SOAS University of London"), organisation_kind("University Hospitals Bristol")
    ('university', '')
    """
    plain = clean(name).casefold()
    if re.search(r"\bresearch ethics committee\b", plain):
        return "research-ethics-committee"
    if re.search(r"\b(?:nhs|healthcare|hospitals?) foundation trust\b", plain):
        return "nhs-foundation-trust"
    if re.search(r"\bnhs (?:\w+ )?trust\b", plain):
        return "nhs-trust"
    if re.search(r"\buniversit(?!y hospital)(?:y|ies|é|à|ät|at|eit|etet?|ad|ade|ario|aire)\b", plain):
        return "" if re.search(r"\bhospitals?\b", plain) else "university"
    return ""


def authors(names: Iterable[str]) -> tuple[Person, ...]:
    """The authors of a full list in order, their family and given names told by the form of each name."""
    people = []
    for position, name in enumerate((plain for name in names if (plain := clean(name))), 1):
        family, given = split_name(name)
        people.append(Person(name, family=family, given=given, position=position))
    return tuple(people)


_BODY = re.compile(
    r"\b(?:universit\w+|organi[sz]ation|group|committee|council|consortium|collaborati\w+|network|ministry|department|"
    r"institute|institution|association|society|agency|bank|commission|centre|center|foundation|trust|investigators|"
    r"team|programme|program|board|office|service|services|federation|college|academy|union|initiative|nations)\b",
    re.IGNORECASE,
)


def is_body(name: str) -> bool:
    """Whether a name without a comma is that of a body and not of a person.

    >>> is_body("World Health Organization"), is_body("Steve Gillard"), is_body("Bank, Melissa")
    (True, False, False)
    """
    return "," not in name and bool(_BODY.search(name)) and len(name.split()) > 1


def listed_author(name: str, position: int | None, role: Literal["author", "editor"] = "author") -> Person:
    """A person or body of a list that has nothing but names, in whatever form each is."""
    if is_body(name):
        return Person(name, role=role, position=position, collective=True)
    family, given = split_name(name)
    return Person(name, role=role, family=family, given=given, position=position)


def affiliation(text: str, identifiers: tuple[Identifier, ...] = ()) -> Organisation:
    """An organisation as an author's affiliation names it; of an address with its parts no kind is said.

    >>> affiliation("University of Leeds").kind, affiliation("School of Medicine, University of Leeds").kind
    ('university', '')
    """
    return Organisation(text, "" if re.search("[,;]", text) else organisation_kind(text), identifiers)


LONGEST = 200
"""Characters of the name of who decides something."""


def signed(by: str) -> str:
    """The name of who decides something, as it is kept. Raises ValueError for what cannot be shown on a line.

    >>> signed(" Ann   Lee ")
    'Ann Lee'
    """
    name = " ".join(by.split())
    joined = name.replace("\u200c", "").replace("\u200d", "")  # which names in Persian or Hindi may hold
    if not joined or len(name) > LONGEST or not joined.isprintable():
        raise ValueError(f"who says so is to be a name of 1 to {LONGEST} characters on one line")
    return name
