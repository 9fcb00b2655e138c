"""Names of study methods in a text: concepts of `method:` in ontology/vocabularies.ttl."""

from functools import cache

from loaders.evidence.match import Lexicon, haystack
from ontology.terms import METHOD

_PATTERNS = {
    "qualitative": "qualitative stud*|qualitative research|qualitative interview*|qualitative method*|qualitative data|"
    "qualitative analys*|qualitative approach*|qualitative investigation*|qualitative exploration|qualitative methodolog*|"
    "qualitative design|qualitative inquiry|qualitative evaluation|qualitative descriptive|qualitatively",
    "mixed-methods": "mixed method*|mixed-method*|qualitative and quantitative|quantitative and qualitative",
    "longitudinal": "longitudinal|longitudinally|prospective cohort*|followed up for|panel stud*",
    "interview": "semi structured interview*|semistructured interview*|in depth interview*|depth interview*|interviewed|interviews|"
    "interview data|qualitative interview*|interview transcript*|semi structured 1 1 interview*|structured interview*|semi structured",
    "focus-group": "focus group*",
    "questionnaire": "questionnaire*|survey|surveys|surveyed",
    "thematic-analysis": "thematic analys*|thematically anal*|reflexive thematic*|thematic content analys*|thematic framework*",
    "grounded-theory": "grounded theor*",
    "secondary-analysis": "secondary analys*|secondary data anal*|secondary data",
    "workshop": "workshop*",
    "randomised-controlled-trial": "randomi*ed controlled trial*|randomi*ed trial*|randomi*ed clinical trial*|cluster randomi*|"
    "randomly assigned|randomly allocated|randomi*ed control trial*",
    "systematic-review": "systematic review*|systematic literature review*|systematically reviewed|scoping review*|umbrella review*",
    "meta-analysis": "meta analys*|metaanalys*",
    "cohort": "cohort stud*|prospective cohort*|retrospective cohort*|cohort analys*|birth cohort*",
    "cross-sectional": "cross sectional",
    "case-study": "case stud*",
    "case-control": "case control*",
    "ethnography": "ethnograph*|participant observation*",
    "delphi": "delphi",
    "participatory-research": "participatory action research|community based participatory|participatory research|co produced|co production|co design*",
    "phenomenology": "interpretative phenomenological*|interpretive phenomenolog*|phenomenological*",
    "content-analysis": "content analys*",
    "observation": "observational stud*|non participant observation*|direct observation*",
    "feasibility-study": "feasibility stud*|pilot stud*|pilot trial*|feasibility trial*",
    "economic-evaluation": "economic evaluation*|cost effectiveness anal*|cost utility anal*|cost benefit anal*",
    "protocol": "study protocol*|trial protocol*|protocol for a",
}


@cache
def _lexicon() -> Lexicon[str]:
    return Lexicon(
        (pattern, name)
        for name, patterns in _PATTERNS.items()
        if name in METHOD.names  # the vocabulary decides which methods there are
        for pattern in sorted(set(patterns.split("|")))
    )


def found(text: str) -> tuple[str, ...]:
    """The methods that a text names, sorted."""
    return tuple(sorted({name for _, _, name in _lexicon().find(haystack(text))}))
