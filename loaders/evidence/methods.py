"""Names of study methods in a text: concepts of `method:` in ontology/vocabularies.ttl."""

from functools import cache

from loaders.evidence.match import Lexicon, haystack
from ontology.terms import METHOD

_PATTERNS = {
    "qualitative": """
        qualitative stud*|qualitative research|qualitative interview*|qualitative method*|qualitative data
        qualitative analys*|qualitative approach*|qualitative investigation*|qualitative exploration
        qualitative design|qualitative inquiry|qualitative evaluation|qualitative descriptive
        qualitative component|qualitative and quantitative|quantitative and qualitative|qualitative findings""",
    "mixed-methods": "mixed method*|mixed-methods|qualitative and quantitative|quantitative and qualitative",
    "longitudinal": "longitudinal|longitudinally|prospective cohort*|panel stud*|panel data|repeated measures stud*",
    "interview": """
        semi structured interview*|semistructured interview*|in depth interview*|depth interview*|interviewed|interviews
        interview data|qualitative interview*|interview transcript*|structured interview*|semi strucutred 1 1 interview*
        1 1 interview*|telephone interview*|interview stud*""",
    "focus-group": "focus group*",
    "questionnaire": "questionnaire*",
    "survey": "survey|surveys|surveyed",
    "thematic-analysis": "thematic analys*|thematically anal*|reflexive thematic*|thematic content analys*",
    "grounded-theory": "grounded theor*",
    "secondary-analysis": "secondary analys*|secondary data anal*|secondary data",
    "workshop": "workshop*",
    "randomised-controlled-trial": """
        randomi*ed controlled trial*|randomi*ed trial*|randomi*ed clinical trial*|cluster randomi*|randomly assigned
        randomly allocated|randomi*ed control trial*|randomi*ed placebo controlled|randomi*ed double blind*|RCT|RCTs
        randomi*ed to|were randomi*ed|randomi*ed pilot trial*|randomi*ed crossover""",
    "feasibility-study": """
        feasibility stud*|pilot stud*|pilot trial*|feasibility trial*|pilot randomi*|feasibility randomi*""",
    "cohort": "cohort stud*|prospective cohort*|retrospective cohort*|cohort analys*|birth cohort*",
    "case-control": "case control*",
    "cross-sectional": "cross sectional*",
    "systematic-review": "systematic review*|systematic literature review*|systematically reviewed",
    "meta-analysis": "meta analys*|meta analytic*|metaanalys*",
    "scoping-review": "scoping review*|scoping stud*",
    "case-study": "case stud*",
    "ethnography": "ethnograph*",
    "observation": "participant observation*|direct observation*|observational data|structured observation*",
    "interpretative-phenomenological-analysis": "interpretative phenomenological*|interpretive phenomenological*",
    "content-analysis": "content analys*",
    "framework-analysis": "framework analys*|framework method|framework approach",
    "co-production": "co produc*|coproduc*|co design*|codesign*",
    "delphi": "delphi",
    "economic-evaluation": """
        economic evaluation*|cost effectiveness anal*|cost utility anal*|cost benefit anal*""",
    "process-evaluation": "process evaluation*",
    "quasi-experimental": """
        quasi experiment*|interrupted time series|difference in differences|non randomi*ed trial*""",
    "modelling": """
        simulation model*|markov model*|modelling stud*|modeling stud*|microsimulation*|discrete event simulation*""",
}


@cache
def _lexicon() -> Lexicon[str]:
    return Lexicon(
        (pattern.strip(), METHOD.local(METHOD[name]))
        for name, patterns in _PATTERNS.items()
        for line in patterns.split("\n")
        for pattern in line.split("|")
        if pattern.strip()
    )


def found(text: str) -> tuple[str, ...]:
    """The methods that a text names, sorted."""
    return tuple(sorted({name for _, _, name in _lexicon().find(haystack(text))}))
