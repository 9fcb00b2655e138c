"""What sort of document a source's own word for it means: one table for all that speak in single words."""

import re
from collections.abc import Mapping

_KINDS = {
    "journal-article": (
        "article articlejournal journalarticle researcharticle originalarticle originalresearch scholarlyarticle "
        "medicalscholarlyarticle datapaper"
    ),
    "review": "review reviewarticle systematicreview metaanalysis",
    "editorial": "editorial editorialmaterial",
    "letter": "letter lettersandcomments",
    "preprint": "preprint postedcontent",
    "conference-paper": (
        "conferencepaper conferenceitem conferenceproceeding conference inproceedings proceedingsarticle "
        "proceedingspaper proceedingssection paperconference meetingabstract"
    ),
    "book": "book editedbook referencebook mvbook collection mvcollection proceedings mvproceedings",
    "book-chapter": "bookchapter chapter booksection bookpart inbook incollection referenceentry",
    "thesis": "thesis dissertation phdthesis mastersthesis doctoralthesis",
    "report": "report monograph techreport technicalreport workingpaper reportcomponent",
    "dataset": "dataset datacollection",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def kind(*names: str | None, besides: Mapping[str, str] | None = None) -> str:
    """The `type` of a publication that the first known of a source's words means; "" where none is known.

    Case and marks do not matter; of several words parted by ";" the first known counts. `besides` holds what a source
    means by a word otherwise.

    >>> kind("Journal Article"), kind("proceedings-article"), kind(None, "poem"), kind("Early Access; Review")
    ('journal-article', 'conference-paper', '', 'review')
    """
    for text in names:
        for word in (re.sub(r"[\W_]+", "", part).lower() for part in (text or "").split(";")):
            if found := (besides or {}).get(word) or _BY_WORD.get(word):
                return found
    return ""
