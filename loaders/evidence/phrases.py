"""Turns of phrase around a theme that show what a sentence does with it, as regular expressions.

Those with a space at either end are for a folded sentence (`match.haystack`), the others for its own text.
"""

import re

from loaders.evidence import cues


def _words(words: str) -> str:
    """An alternative of words, for a regular expression; white space parts them."""
    return "(?:" + "|".join(words.split()) + ")"


TO = re.compile(r"\W*(?:[Tt]o|TO) [a-z]")
STATES = re.compile(
    " "
    + _words(
        """is are was were has have had can may might could will would do does did requires? remains? suggests?
        experience affects? includes? needs? shows? causes? leads?"""
    )
    + " "
)
# Words that show a theme's own words to be only part of a name for people, a treatment or a place.
PART_OF = re.compile(
    r"\W*"
    + _words(
        r"""program(?:me)?s? interventions? treatments? therap(?:y|ies) clinics? patients? participants? groups?
        services? units? wards? training courses? apps? centres? centers? hospitals? schools? arms?
        conditions? sessions? lessons? survivors? sufferers? protocols? medications? classes modules?
        workshops? campaigns? manuals? specialists? experts?"""
    )
    + r"\b",
    re.IGNORECASE,
)
PEOPLE = re.compile(
    _words(
        """child(?:ren)? adolescents? students? adults? wom[ae]n m[ae]n patients? carers? caregivers? nurses
        professionals? workers? staff infants? boys? girls? gamblers? people persons? individuals users?
        smokers? drinkers? survivors? refugees? immigrants? residents trainees? mothers? fathers? parents?
        physicians? gps practitioners? famil(?:y|ies) members? youths? bab(?:y|ies) neonates? newborns?
        psws? volunteers? providers? educators? pupils teenagers pregnant elderly obese overweight
        specialists? mentors? teams? seniors toddlers clinicians? doctors midwives pharmacists? therapists?
        teachers employed unemployed homeless schools? paediatric pediatric sedentary retired"""
    )
    + "$",
    re.IGNORECASE,
)
OWNED = re.compile(
    r"(?:'s|’s|s'|s’|['’])?\s+"
    + _words(
        """burden strain satisfaction attitudes? perceptions? experiences? views? knowledge well stress quality
        perspectives? beliefs? needs? mortality health outcomes? mental reported self ratings? turnover
        retention support"""
    )
    + r"\b",
    re.IGNORECASE,
)
# Between a measuring cue and a theme: what shows that the theme is not what is measured.
STOPPERS = re.compile(
    " (?:"
    + _words(
        r"""who whose which received? receiving selected randomi\w+ assigned allocated versus vs delivered attended
        attending recruited enrolled than participating undergoing invited eligible"""
    )
    + "|compared with|compared to|in patients|among patients|of patients|in people|based on|using data|using figures) "
)
AFTER = re.compile(
    r" (?:before|entering|after|following|prior to|via|through|along with|provided by|during) (?:(?!and )\w+ ){0,6}$"
)
SCALE = re.compile(
    r"\W*(?:[A-Z]\S* +){0,2}(?:[Rr]ating +)?(?:[Ss]cales?|[Ii]nventory|[Qq]uestionnaires?|[Ii]ndex|[Cc]hecklist"
    r"|Test|Screen|Screener|Schedule|(?:Identification|Screening) (?:Test|Tool))\b"
)  # "the … Depression Rating Scale"
# "the Finnish Gambling Harms survey", "the Association for Substance Use Prevention": a name that holds a theme
NAME_BEFORE = re.compile(r"(?:[A-Z][\w-]+(?: (?:of|for|on|and|in))?(?: the)? )$")
NAME_AFTER = re.compile(
    r"(?: [A-Z][\w-]*){0,2} "
    + _words(
        """[Ss]urveys? [Ss]tudy Association Foundation Trust Society Institute Commission Ministry Department Act
        Project Alliance Network Organi[sz]ation Committee Prevention Board Council Journal Database Registry
        [Cc]ohort Administration Agency College"""
    )
    + r"\b"
)
TREATMENT = re.compile(
    r"(?:interventions?|program(?:me)?s?|training|therap(?:y|ies)|treatments?|counsel\w+)$", re.IGNORECASE
)
# What a group is given, before a theme: "receives a geriatric assessment", "advice on diet measures".
GIVEN = re.compile(
    r" (?:receiv\w+|consist\w+|advice|offer\w*|intervention of interest|components?|designed to (?:target|help|reduce"
    r"|improve|treat|support|increase|prevent)|help with|targeting|enhanced with|delivered as|is delivered) "
)
ASSESSED = re.compile(
    r" (?:(?:was|were|be|been|being|is|are) (?:\w+ly |also |then |self )?"
    + _words(
        """assessed studied measured evaluated recorded collected determined quantified estimated rated scored examined
        explored compared analy[sz]ed investigated obtained monitored captured elicited"""
    )
    + r"|(?:is|are|was|were|will be) (?:the |a )?(?:\w+ )?(?:primary|secondary|main) (?:outcomes?|end ?points?)) "
)
SUBJECT = re.compile(
    r" (?:was|were|be|are) (?:then |also |\w+ly )?"
    + _words(r"randomi\w+ recruited enrolled included assigned allocated invited selected excluded divided eligible")
    + " "
)
# "(13 Māori, 9 Pasifika)", "1,527 women (514 Hispanic) enrolled": people counted
COUNTED = re.compile(r"(?:\d[\d,.]*%?\)?|\b[Nn] ?= ?\d+,?) (?:[a-z]+ ){0,2}$")
NOUN = re.compile(
    r" (?:scor|scale|subscale|level|rating|ind[ei]|inventor|questionnaire|checklist|symptom|severity|outcome|measure"
    r"|end|variable|rates)"
)  # what a theme is measured by, after it
CRITERIA = re.compile(
    r" (?:inclusion|exclusion|eligibility|selection) criteria | were (?:eligible|excluded) (?:if|when) "
)
JOINED = re.compile(
    r" (?:enrolled|took part|participated|were (?:then )?(?:conducted|recruited|included|interviewed|surveyed|male)"
    r"|completed (?:the|a|an|all|both|\w+ weeks?|\w+ sessions?)|there were \w+ (?:males|men|women)"
    r"|the sample|respondents|consented|responded|response rate) "
)
ASKS = re.compile(
    r" (?:in this (?:study|paper|article|review) )?(?:we|the (?:present|current) \w+|this \w+|the study|the authors)"
    r" (?:\w+ ){0,2}?"
    + _words(
        r"""examin investigat explor assess evaluat test compar studied analy[sz]e determin review aim sought seeks
        describe"""
    )
    + r"\w* "
)
# "A trial was conducted to investigate …": what the study is for
CONDUCTED = re.compile(
    r" (?:(?:we|authors) (?:conducted|performed|carried out|undertook|did|completed)|(?:was|were) (?:then )?"
    r"(?:conducted|performed|carried out|undertaken|prepared|designed|executed)"
    r"|trial|review|search|study) "
)
STUDY = re.compile(r" (?:trials?|reviews?|search|study|studies|case study|rct|experiment|crossover) ")
PURPOSE = re.compile(
    r" (?:(?:to|which|that)(?: \w+ly)? (?:investigate|evaluate|assess|determine|explore|examine|compare|test|identify"
    r"|study)|evaluating|investigating|examining|exploring|assessing|comparing) "
)
FIRST = re.compile(
    r" first (?:\w+ ){0,4}?to (?:investigate|examine|explore|assess|evaluate|compare|test|study|describe|address|use"
    r"|apply|conduct|measure|look) "
)
NOTE = re.compile(r"\s*(?:How to cite|Trial [Rr]egistration|Copyright|©|Please see related)")
# "Clinicians may have confidence using …": what somebody is told to do
PRACTICE = re.compile(
    r" (?:clinicians|practitioners|researchers|policy ?makers|managers|services|employers|organi[sz]ations|providers"
    r"|educators|governments|stakeholders|decision ?makers|leaders) (?:\w+ +){0,5}?"
    r"(?:may|can|could|might) "
)
URGED = re.compile(r" (?:highlight|emphasi[sz]e|justif|underscore|underline|stress|demonstrate)\w*(?: \w+){0,2} $")
GROUP_DID = re.compile(
    r"^ (?:the |all |both )?(?:subjects|participants|patients|volunteers|\w+ group|groups)(?: \w+){0,6}? "
    r"(?:completed|received|underwent|performed|attended|participated) "
)
FINITE = re.compile(r" (?:was|were|is|are|had|has|have|remained|showed) ")
PAST = re.compile(r" (?:was|were|had|did|will|\w{3,}ed) ")
ASKED_BY = re.compile(r"\W*(?:questionnaires?|surveys?|interviews?|assessments?|forms?|diar)", re.IGNORECASE)
MODE = re.compile(r"(?:phone|web|internet|online|electronic|digital|mobile|app|video)\w*(?:[- ]based)?$", re.IGNORECASE)
# "This paper presents …", "We discuss …": what a document says of itself
ITSELF = re.compile(
    r"^ (?:[\w ]{0,30} )?(?:(?:this|the|our|present|current) (?:\w+ )?(?:paper|article|chapter|review|report|framework"
    r"|commentary|editorial|essay|overview|work|book)|the authors?|we) (?:\w+ ){0,2}?"
    + _words(
        r"""presents? describes? discuss\w* reports?\son outlines? address\w* considers? focus\w* summari[sz]es?
        introduces? propos\w+ argues? reviews? explores? examines? attempts? conclud\w+\swith"""
    )
    + " "
)
HIGHLIGHTS = re.compile(
    r"^ (?:\w+ ){0,2}?(?:this|the) (?:paper|article|chapter|review|framework|commentary)(?: \w+ly)? "
    r"(?:highlights?|offers?|provides? an? (?:\w+ ){0,2}(?:overview|framework|summary|introduction|means|basis|account)"
    r"|brings|draws) (?!(?:\w+ ){0,2}that )"
)
OPINION = re.compile(
    r"^ (?:\w+ ){0,2}?(?:in our view|in my view|in our opinion|we believe|we argue|we contend|i argue) "
)
MEAN_AGE = re.compile(r" (?:mean|average|median) (?:[^ ]+ +){0,4}ages? +(?:and +)?(?:the +|mean +)?$")
STRESSES = re.compile(
    r"^ (?:this|it|these) (?:\w+ )?(?:is|are) +(?:particularly |especially |very |all the more )?(?:important|crucial"
    r"|relevant|essential|vital|concerning|timely) "
)
# "adds to our understanding of …", "an enhanced understanding of …"
ADDS = re.compile(
    r" (?:offers?|contribut\w+|adds?|extends?|advances?|enhances?|deepens?|expands?|enriches|furthers?|fills?)"
    r" (?:\w+ ){0,5}?(?:understandings?|knowledge|literatures?|evidence base|field|debates?|insights? into|body of"
    r"|gap|discussions?|scholarship) "
)
DISCUSSED = re.compile(
    r" (?:(?:is|are) (?:\w+ )?(?:discussed|outlined|described|presented|reviewed|provided|proposed|summari[sz]ed"
    r"|offered|considered)|(?:was|were) (?:\w+ )?(?:discussed|outlined|proposed))"
    r"(?: in detail| here| below| too| further)?  ?$"
)
BUILT = re.compile(r" (?:was|were|been) (?:then |also )?(?:developed|designed|created|translated) ")
FOUND = re.compile(
    r" (?:themes|findings were|categories|significant|significantly|revealed|unveiled|emerged|experiences reported"
    r"|reported (?:\w+ing|that|higher|lower|more|less)|participants described|participants felt|was associated"
    r"|were associated|was recogni[sz]ed|were recogni[sz]ed|was seen as|were seen as|was perceived|were perceived"
    r"|interviewees|were adapted|decreased with|increased with|our results|results (?:show|demonstrate|indicate)\w*) "
)
URGES = re.compile(
    r" (?:should|must|future research|further research|future studies|further studies|more research|is needed"
    r"|are needed) "
)
OUTCOME = re.compile(
    r" (?:(?:primary|main|secondary|other|key|clinical|economic|principal) (?:\w+ )?(?:outcomes?|end ?points?)"
    r"(?: measures?| variables?)?|outcomes?(?: measures?)?) (?:of \w+ \w+ )?(?:was|were|is|are|will be|include[sd]?"
    r"|included) "
)
ENDPOINT = re.compile(
    r" (?:primary|secondary|main) (?:\w+ )?(?:outcomes?|end ?points?)(?: measures?| variables?)? "
    r"(?:was|were|is|are|will be|include[sd]?) "
)
# "Primary outcome: burnout", "outcomes were burnout and sleep"
OUTCOME = re.compile(
    r" (?:(?:primary|secondary|main|key|principal) (?:\w+ )?(?:outcomes?|end ?points?)(?: measures?| variables?)?"
    r"(?: of interest)?|outcomes?(?: measures?| variables?)?(?: of interest)? (?:was|were|is|are|included?|includes"
    r"|comprised)(?! \w+ly | \w+ed )) "
)
VIA = re.compile(
    r" (?:was|were) (?:also |then )?(?:measured|assessed|rated|scored) (?:\w+ )?(?:via|with|using|by|on|from|at) "
)
QUESTIONS = re.compile(r" (?:questionnaires?|inventory|scales?|measures|assessed|measured|outcomes?) ")
DESCRIBING = re.compile(
    r"(?:interventions?|participants?|patients?|subjects?|settings?|population|sample)$", re.IGNORECASE
)
MEASURING = re.compile(r"\b(?:outcomes?|measures?|measurements?|end ?points?|variables)\b", re.IGNORECASE)
# "as in previous studies": a result set beside those of others
BESIDE = re.compile(
    r" (?:consistent with|in line with|in accordance with|in agreement with|similar to|contrary to|unlike"
    r"|compared (?:to|with)|in contrast to|as in|corroborat\w+|confirm\w*|replicat\w+|extend\w*|support\w*"
    r"|build on|than in|echo\w*) (?:\w+ ){0,4}$"
)
RESULT = frozenset((cues.UP, cues.DOWN, cues.BETTER, cues.WORSE, cues.SAME, cues.OWN))
# "Little is known about burnout": no result, whatever section was guessed
LITTLE_KNOWN = re.compile(
    r" (?:little|less|not much) is (?:\w+ )?known (?:about|of|on|regarding|as to) "
    r"| (?:remains?|is|are) (?:\w+ly |still )?(?:unknown|poorly understood|understudied|under researched) "
)
# "Smith et al. (2010) found", "Previous studies have shown", "In an earlier trial": what others found
BY_OTHERS = re.compile(
    r"(?:\b[A-Z][\w'’-]+(?: (?:and|&) [A-Z][\w'’-]+)?(?: et al\.?| and (?:colleagues|co-?workers|co-?authors))"
    r"(?:,? \(?(?:19|20)\d\d[a-z]?\)?)?"
    r"|\b[A-Z][\w'’-]+(?:,? (?:and|&) [A-Z][\w'’-]+)? \((?:19|20)\d\d[a-z]?\)"
    r"|\b(?:[Pp]revious|[Pp]rior|[Ee]arlier|[Pp]ast) (?:[\w-]+ )?(?:studies|research|work|trials|reviews|authors))"
    r"(?:,? who)? (?:(?:have|has|had) )?(?:also |recently |previously |first )?(?:found|reported|showed|shown|observed"
    r"|demonstrated|concluded|suggested|described|identified|noted|argued|estimated|documented|established)\b"
    r"|\AIn (?:an?|the|one) (?:earlier|previous|prior) (?:[\w-]+ ){0,2}"
    r"(?:trial|study|review|survey|analysis|paper|report)\b"
)
OURS = re.compile(
    r"\b(?:we|ours?|(?:this|these|the (?:present|current)) (?:\w+ )?"
    r"(?:study|trial|review|paper|survey|analysis|findings|results))\b",
    re.IGNORECASE,
)
