"""Identifiers as sources write them, brought to the plain form of their scheme."""

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from loaders import registrants
from loaders.record import DOI, ORCID, Identifier

_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")
_PLAIN = re.compile(r"10\.[0-9]{4,9}/[a-z0-9][a-z0-9./_-]{0,200}[a-z0-9]")
_DAMAGED = re.compile(
    r"(10\.[0-9]{4,5}(?:\.[0-9]+(?=[^0-9.]))??)(?![0-9])([-_:\\|~,;.\u2010-\u2015\u2044\u2215\u29f8\uff0f\s]*)(\S+)"
)
_WHOLE_SUFFIXES = (
    r"s[0-9]{5}-[0-9]{3}-[0-9]{4,5}-[0-9a-z]",  # Springer Nature articles since 2016
    r"1[0-9]{3}-[0-9]{3}[0-9x]-[0-9]{1,3}-(?:s[0-9]+-)?[a-z]?[0-9]+",  # BioMed Central: ISSN-volume-article
    r"[a-z]{2,8}-[0-9]{2}-[0-9]{4}-[0-9]{4}",  # Emerald: journal-month-year-number
    r"[a-z]+-[0-9]{4}-[0-9]{6}(?:\.[a-z0-9]+)?",  # BMJ: journal-year-number
    r"j\.[0-9]{4}-[0-9]{3}[0-9x]\.[0-9]{4}\.[0-9]+\.x",  # Wiley and Blackwell: j.ISSN.year.number.x
    r"s[0-9]{4}-[0-9]{3}[0-9x]\([0-9]{2}\)[0-9]{5}-[0-9x]",  # Elsevier: publisher item identifier
    r"j\.[a-z]+\.[0-9]{4}\.[0-9]{2}\.[0-9]{3}",  # Elsevier: j.journal.year.month.number
)
"""Suffixes that are complete as they stand although they hold hyphens: forms that the publishers publish."""


_LONGEST = 500
"""Characters of the longest text that is taken for a DOI; the longest registered ones have some 200."""


def doi(text: str | None) -> str | None:
    """A bare lower-case DOI from any undamaged spelling of it (URL, `doi:` prefix, entities), else None.

    The form is that of the DOI Handbook, 2.2: `10.`, a registrant of 4 to 9 digits (and further digits after
    dots), a slash, a suffix without white space.

    >>> doi("https://doi.org/10.1186%2FS12888-022-03999-9."), doi("10.1186-1472-6963-13-188")
    ('10.1186/s12888-022-03999-9', None)
    """
    plain = _plain(text or "")
    return plain if _DOI.fullmatch(plain) else None


def repair_doi(raw: str) -> Identifier | None:
    """The DOI that a text stands for, its slash put back where it was lost; None where there is none.

    The status says how sure it is:

    - "stated": a whole DOI, whatever prefix and case it bears, percent-encoded only within a URL;
    - "repaired": the registrant ends where it must (at a character that no registrant holds), and the suffix
      can hold no second lost slash: it has no further separator of that sort, or the form of a suffix that
      its publisher is known to use, or a publisher who uses no further slashes (`registrants.py`);
    - "inferred": the slash could have stood elsewhere as well. Nothing should rely on such a DOI unchecked.

    A repaired or inferred one keeps the source's text in `raw`.

    >>> repair_doi("10.1186-1472-6963-13-188")
    Identifier(scheme='doi', value='10.1186/1472-6963-13-188', status='repaired', raw='10.1186-1472-6963-13-188')
    >>> repair_doi("10.1093-bmb-ldp015").status, repair_doi("10.11861472").value, repair_doi("188")
    ('inferred', '10.1186/1472', None)
    """
    plain = _plain(raw)
    if _DOI.fullmatch(plain):
        encoded = re.match(r"\W*(?:doi\W*)?10\.[0-9.]+%", raw, re.IGNORECASE)
        return Identifier(DOI, plain, "repaired", raw.strip()) if encoded else Identifier(DOI, plain)
    parts = _parted(plain)
    if not parts or not re.search(r"[0-9a-z]", parts[2]):
        return None
    registrant, separator, suffix, clear = parts
    value = f"{registrant}/{suffix}"
    if "/" in suffix or not _DOI.fullmatch(value):
        return None
    # a suffix that holds the sign that stands for the slash may have lost a second one, unless its publisher uses none
    whole = bool(separator) and not any(mark in suffix for mark in separator)
    whole = whole or registrants.plain(registrant[3:]) or any(re.fullmatch(form, suffix) for form in _WHOLE_SUFFIXES)
    return Identifier(DOI, value, "repaired" if clear and whole else "inferred", raw.strip())


def _parted(plain: str) -> tuple[str, str, str, bool] | None:
    """A damaged DOI as registrant, what stood for the slash, suffix, and whether the registrant ends there for sure."""
    match = _DAMAGED.fullmatch(plain)
    run = re.match(r"10\.([0-9]{4})([0-9])([0-9.]?)", plain)
    if run and (not match or not match[2] or match[2] == "."):
        # "10.1063" and "1.857938", or "10.10631" and "857938"; "10.15468" and "6q5vuc", or "10.1546" and "86q5vuc"
        short, long = registrants.known(run[1]), registrants.known(run[1] + run[2])
        end = 8 if long and not short else 7 if short and not long else 8 if match else 7
        return plain[:end], "", plain[end:].lstrip("." if end == 8 else ""), False
    if not match:
        return None
    registrant, separator, suffix = match.groups()
    # a dot may belong to the registrant, but a registrant has no letters
    return registrant, separator, suffix, "." not in separator or suffix[:1].isalpha()


def _plain(text: str) -> str:
    """A DOI's text without prefix, entities, percent-encoding, closing punctuation and capitals."""
    if _PLAIN.fullmatch(text):
        return text
    bare = html.unescape(text[:_LONGEST]).strip()
    bare = re.sub(r"^[<(\[\s]+|>$", "", bare)
    bare = re.sub(r"^(?:https?:/{1,2})?(?:(?:dx|www)\.)?doi\.org[/:]?", "", bare, flags=re.IGNORECASE)
    bare = re.sub(r"^(?:info:)?(?:doi|DOI)\s*[:/]?\s*", "", bare, flags=re.IGNORECASE)
    if "%2f" in bare.lower() or re.search(r"doi\.org/.*%", text):
        bare = unquote(bare)
    bare = re.sub(r"[\s.,;:]+$", "", bare)
    for opening, closing in ("()", "[]", "{}"):
        if bare.endswith(closing) and bare.count(opening) < bare.count(closing):
            bare = bare[:-1]
    return re.sub(r"[.,;:\"'”’]+$", "", bare).lower()


_ORCID_BLOCKS = ((1_5000_000, 3_5000_000), (9_0000_0000_000, 9_0010_0000_000))
"""The first fifteen digits: 0000-0001-5000-000 to 0000-0003-5000-000, and 0009-0000-0000-000 to 0009-0010-0000-000."""


def orcid(text: str | None) -> str | None:
    """An ORCID iD with its hyphens from any spelling (URL, bare digits), else None.

    The last character is a checksum, ISO 7064 MOD 11-2; an iD whose checksum is wrong is None. So is an ISNI, which
    looks alike: ORCID has two blocks of its numbers ("Structure of the ORCID Identifier", support.orcid.org).

    >>> orcid("http://orcid.org/0000-0002-9686-2232"), orcid("0000000296862232"), orcid("0000-0002-9686-2233")
    ('0000-0002-9686-2232', '0000-0002-9686-2232', None)
    """
    match = re.search(r"(?<![0-9])(\d{4})[-‐–\s]?(\d{4})[-‐–\s]?(\d{4})[-‐–\s]?(\d{3}[\dXx])(?![0-9])", text or "")
    if not match:
        return None
    digits = "".join(match.groups()).upper()
    if not any(first <= int(digits[:-1]) <= last for first, last in _ORCID_BLOCKS):
        return None
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return "-".join(match.groups()).upper() if digits[-1] == ("X" if check == 10 else str(check)) else None


def orcid_identifiers(text: str | None) -> tuple[Identifier, ...]:
    """An ORCID iD as the identifiers of a person: one, or none where the text holds no valid iD."""
    value = orcid(text)
    return (Identifier(ORCID, value),) if value else ()


def issn(text: str | None) -> str | None:
    """An ISSN with its hyphen, else None; the checksum (ISO 3297) must be right.

    >>> issn("1471244X"), issn("1471-2440")
    ('1471-244X', None)
    """
    match = re.fullmatch(r"\D*(\d{4})[-‐–\s]?(\d{3}[\dXx])\D*", text or "")
    if not match:
        return None
    digits = (match[1] + match[2]).upper()
    check = -sum((8 - place) * int(digit) for place, digit in enumerate(digits[:7])) % 11
    if digits == "00000000":
        return None  # what some write for none: its checksum is right
    return f"{digits[:4]}-{digits[4:]}" if digits[7] == ("X" if check == 10 else str(check)) else None


def ror(text: str | None) -> str | None:
    """A ROR id without its address, else None: 0, six of Crockford's base 32, two check digits.

    >>> ror("https://ror.org/04h699437"), ror("Q174710")
    ('04h699437', None)
    """
    match = re.fullmatch(
        r"(?:https?://)?(?:ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}[0-9]{2})/?", (text or "").strip().lower()
    )
    return match[1] if match else None


def pmid(text: str | None) -> str | None:
    """A PubMed id as digits, else None.

    >>> pmid("https://pubmed.ncbi.nlm.nih.gov/17168027"), pmid("PMID: 0")
    ('17168027', None)
    """
    match = re.fullmatch(r"(?:https?://\S+/)?(?:pmid:?\s*)?([1-9][0-9]{0,8})/?", (text or "").strip(), re.IGNORECASE)
    return match[1] if match else None


def pmcid(text: str | None) -> str | None:
    """A PubMed Central id with its letters, else None.

    >>> pmcid("https://www.ncbi.nlm.nih.gov/pmc/articles/1065065"), pmcid("PMC1065065.1")
    ('PMC1065065', 'PMC1065065')
    """
    match = re.fullmatch(
        r"(?:https?://\S+/)?(?:PMC(?:ID)?:?\s*)?(?:PMC)?([1-9][0-9]{0,8})(?:\.[0-9]+)?/?",
        (text or "").strip(),
        re.IGNORECASE,
    )
    return f"PMC{match[1]}" if match else None


def stand_in(identifiers: Iterable[Identifier]) -> str | None:
    """What a record without a title goes by: its first identifier, "doi:10.1371/journal.pone.0008767.t004"."""
    return next((f"{known.scheme}:{known.value}" for known in identifiers), None)


_STUDIES = (
    ("nct", re.compile(r"\bNCT ?(\d{8})\b"), "NCT{}"),
    ("isrctn", re.compile(r"\bISRCTN ?:? ?(\d{8})\b"), "ISRCTN{}"),
    (
        "iras",
        re.compile(
            r"\bIRAS(?: project)?(?: (?:ID|number|no\.?|ref(?:erence)?\.?))*[:# ]{1,3}(\d{5,6})\b", re.IGNORECASE
        ),
        "{}",
    ),
    ("rec", re.compile(r"(?<![\d/])(\d{2}/[A-Z]{2,4}/\d{4})(?![\d/])"), "{}"),
)
"""How a text names a registered study: ClinicalTrials.gov, ISRCTN, IRAS, and the reference of a UK research
ethics committee since 2009 (year/centre/number), "15/EM/0220"."""


def studies_named(text: str) -> Iterator[Identifier]:
    """The registrations and ethics opinions that a text names.

    >>> [i.value for i in studies_named("approved by East Midlands REC (15/EM/0220; IRAS ID 146257), ISRCTN10215637")]
    ['ISRCTN10215637', '146257', '15/EM/0220']
    """
    for scheme, pattern, form in _STUDIES:
        for match in pattern.finditer(text):
            yield Identifier(scheme, form.format(match[1]))
