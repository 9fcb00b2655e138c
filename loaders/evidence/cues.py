"""Words that show what a sentence does with a theme: asks, measures, finds, recommends, denies, doubts.

Patterns as `match` reads them. A sentence's cues are all found in one pass.
"""

from functools import cache

from loaders.evidence.match import Lexicon

AIM, ASK, MEASURE, RECOMMEND, GAP, CITED, GENERAL, OWN, FUTURE, SAMPLE, DONE, ADJUSTED = (
    "aim", "ask", "measure", "recommend", "gap", "cited", "general", "own", "future", "sample", "done", "adjusted",
)  # fmt: skip
WITH, PLACE, NEGATION, NOT_NEGATION, HEDGE, NOT_HEDGE, CLAUSE, ENDED, LASTED = (
    "with", "place", "negation", "no-negation", "hedge", "no-hedge", "clause", "ended", "lasted",
)  # fmt: skip
UP, DOWN, BETTER, WORSE, SAME, LINK, MOVE = "up", "down", "better", "worse", "same", "link", "move"
DIRECTIONS = frozenset((UP, DOWN, BETTER, WORSE, SAME, LINK, MOVE))

_PATTERNS: dict[str, str] = {
    AIM: """
        we expect*|we aspire*|aspires to|we also expect|we anticipate*|we predicted that|expect the|will enable
        will provide|will yield|aim of|aims of|aim was|aims were|aim is|aims are|aimed to|aims to|aim to|aimed at
        aiming to|aims at|objective of|objectives of|objective was|objectives were|objective is|objectives are
        our objective*|primary objective*|purpose of|purpose was|purposes of|goal of|goals of|goal was|goal is
        our goal*|our aim*|our purpose|with the aim|sought to|seek to|seeks to|set out to|was designed to
        were designed to|is designed to|designed to assess|designed to determine|designed to evaluate|was conducted to
        was undertaken to|was performed to|were undertaken to|were conducted to|was carried out to
        in order to investigate|in order to explore|hypothes*|we hypothesi*|it was hypothesi*|research question*
        main question*|to determine whether|to determine if|to test whether|to examine whether|to assess whether
        to investigate whether|we wanted to|we intended to|we wished to|we asked whether|we ask whether|we ask
        to address this gap|to fill this gap|to address these|to address this|to this end|study aim*|trial aims
        project aims|research aims|paper aims|review aims|study seeks|study sought|study will|trial will|study intends
        will investigate|will determine whether|will test whether|will examine|will explore|this protocol|this paper
        this article|we propose to|paper presents|paper describes|paper explores|paper examines|paper discusses
        paper reports|paper outlines|article examines|article explores|article discusses|article describes
        article presents|article proposes|present paper|current paper|present article|this review aims
        this review examines|this review explores|this review summari*|this review discusses|this report describes
    """,
    ASK: """
        we investigate|we investigated|we examine|we examined|we explore|we explored|we evaluate|we evaluated
        we assess|we assessed|we studied|we compare|we compared|we analyse|we analyze|we analysed|we analyzed|we test
        we tested|we describe|we described|we present|we also examined|we also assessed|we report on|we report the
        we determined|we discuss|we review|we reviewed|we propose|we estimate|we estimated|we consider|we conducted
        we undertook|we performed|we developed|this study examin*|this study investigat*|this study explor*
        this study assess*|this study evaluat*|this study compar*|this study determin*|this study describ*
        this study present*|this study report*|this study focus*|this study was|this study is|this study test*
        this study analy*|this study address*|this study use*|this study tested|this systematic review|this review
        this trial|this report|this research|this qualitative|this randomi*|this pilot|this longitudinal
        this cross sectional|this prospective|this retrospective|this project|this work|the present study
        the current study|the study examin*|the study investigat*|the study explor*|study examines|study examined
        study explores|study explored|study investigates|study investigated|study evaluates|study evaluated
        study assesses|study assessed|study was to|study compares|study compared
    """,
    MEASURE: """
        queried about|inquir* about|enquir* about|survey about|surveys about|surveyed about|indicators of
        predictors were|set of predictors|dimensions of|index of|measure|measures|measured|measuring|measurement*
        assess|assessed|assessing|assesses|assessment|assessments|completed measures|completed the measures
        completed questionnaire*|completed a questionnaire|completed the questionnaire|completed surveys
        completed a survey|completed an online survey|completed a battery|outcome|outcomes|endpoint|endpoints
        end point|end points|score|scores|scored|scale|scales|subscale*|inventory|inventories|questionnaire assessing
        questionnaire measuring|questionnaires on|questionnaire on|questions on|questions about|questionnaire about
        questionnaires assessing|questionnaires measuring|instruments|instrument|checklist|self report*|self rated
        rated|rating|ratings|screened for|screening for|evaluate|evaluated|evaluating|asked about|ask about
        asked to report|asked to rate|inquired|enquired|survey included|survey asked|data on|information on
        information about|data about|data regarding|information regarding|included measures|include measures
        containing questions|explored|explore|exploring|examine|examined|examining|investigat*|determine|determined
        determining|compare changes|compared changes|we compared|estimat*|quantif*|recorded|collected|documented
        monitored|tested for|test for|ascertained|elicited|captured|interviewed about|interviewed regarding
        interviews about|interviews explored|associations between|association between|associations of
        relationship between|relationships between|correlation between|correlations between|predictors of
        prevalence of|rates of|incidence of|levels of|effect on|effects on|impact on|impacts on|experiences of
        perceptions of|attitudes toward*|attitudes to|views on|views of|described their|dependent variable*
        independent variable*|predictor variable*|variables|diagnosed using|model* of|models for|regression models
        changes in|change in|differences in|severity|frequency of|covering|symptoms of|tests of|compared for
        compared on|compared regarding|indicators|answered|shared experiences|topics included|themes included
    """,
    RECOMMEND: """
        opportunity to|opportunities to|positioned to
        we recommended|paramount|importance of considering|importance of further|caveat|prerequisite
        reasonable adjunct|adjunct therapy to consider|would investigate|would examine|would allow|would enable
        may be of use|could be of use|treatment target|treatment targets|therapeutic target|therapeutic targets
        need further|recommend|recommends|recommended that|is recommended|are recommended|be recommended
        recommendation|recommendations|recommended to|recommended for|recommending|requires|opportunities
        may lead to new|could lead to new|can facilitate|could facilitate|may facilitate|could be utili*|may be utili*
        potential candidate*|may serve as|could serve as|can serve as|may be one of|may require|require further
        requires further|require reconsideration|require attention|can be improved|could be improved
        could be strengthened|further explored|be further|to be explored|should|need for|needs to|need to|needed
        is required|are required|warrant*|must|future research|future studies|future work|further research
        further studies|further study|further work|further investigation*|more research|additional research
        future trials|future interventions|further trials|future study|larger studies|additional studies
        further evaluation|further exploration|future directions|implications for|implication for
        practical implication*|could help|may help|might help|can help|could be used|may be used|could inform
        may inform|can inform|will inform|could assist|may assist|can assist|might assist|could be useful
        may be useful|may be helpful|could be helpful|could benefit from|would benefit from|may benefit from
        might benefit from|could be targeted|ought to|it is important|is important to|are important to
        important to consider|it is essential|is essential to|are essential to|it is crucial|is crucial to
        it is necessary|is necessary to|are encouraged|is encouraged|be encouraged|be considered|call for|calls for
        called for|urgent*|be prioriti*|priority for|advocate for|be taken into account|pay attention|attention to
        opportunity for|opportunities for|could be improved by|could be facilitated|has potential to|have potential to
        has the potential|have the potential|we suggest that|it is suggested that|merits|deserves|deserve
        lessons learned|lessons learnt|efforts are|can be used to|is not indicated|not recommended|efforts should
        interventions are needed|strategies are needed|could be a target|integral in our|require additional
        require support|require attention|require more|necessitat*|pivotal to|key to|promising target*
        importance of providing|importance of addressing|importance of understanding|importance of developing
        importance of supporting|importance of promoting|importance of including|importance of using|have to be
    """,
    GAP: """
        not possible to determine|cannot be determined|impossible to determine
        under explored|underexplored|little published|limited published|unexplored|little is known|less is known
        not known|is unknown|are unknown|remains unknown|remain unknown|unclear|is not clear|not well understood
        poorly understood|not fully understood|limited evidence|limited research|limited data|little research
        little evidence|few studies|no studies|no study|no research|lack of research|lack of evidence|lack of studies
        lack of data|paucity|dearth*|no literature|scarce*|scarcity|gap in research|gaps in research|gap in the
        gaps in the literature|gap in knowledge|gaps in knowledge|gap in understanding|gaps in understanding
        gaps in evidence|gap in evidence|gaps in our|gap in our|research gap*|knowledge gap*|evidence gap*|gaps remain
        understudied|under researched|under studied|no previous stud*|has not been|have not been|yet to be|rarely been
        seldom been|remains to be|remain to be|insufficient evidence|not enough evidence|no sufficient evidence
        evidence is limited|evidence is lacking|inconclusive|not yet been|not been studied|little attention|sparse
        controversial|debated|is lacking|are lacking|no research data|no data are available|little remains known
    """,
    CITED: """
        other reports|two reports from|recently reported in|a recent study|a recent survey|studies have also
        case reports|some reports|reports suggest|previous stud*|previous research|previous work|previous finding*
        previous evidence|prior research|prior stud*|prior work|prior evidence|earlier stud*|earlier research
        other studies|other research|past research|past studies|existing research|existing literature
        existing evidence|existing studies|recent studies|recent research|recent evidence|recent work|several studies
        many studies|numerous studies|research has shown|studies have shown|studies have found|studies have reported
        literature has|literature suggests|et al|reported by others|anecdotal evidence|as reported by
        previously reported|previously shown|previously published|in the literature|other authors
    """,
    GENERAL: """
        empirical findings|theory suggests|it is argued|increasing recognition|recognition that|public health issue
        public health problem|growing concern|growing recognition|a number of studies|studies have|research has
        research suggests|research shows|research indicates|studies show|studies suggest|studies indicate
        evidence suggests|evidence indicates|evidence shows|growing evidence|there is evidence|there is growing
        increasing evidence|accumulating evidence|evidence from|has been shown|have been shown|has been reported
        have been reported|has been found|have been found|has been associated|have been associated|has been linked
        have been linked|has been suggested|have been suggested|has been demonstrated|have been demonstrated
        has been recogni*|have been recogni*|has been established|is known to|are known to|is well known|it is known
        is well established|well documented|meta analyses have|reviews have|it has been|is considered|is widely
        are widely|is a common|is common|are common|is one of the|are one of the|is a major|is an important
        are at risk|at increased risk|at high risk|increasingly|can have|often leading|worldwide|little is known
    """,
    OWN: """
        i found|results found|findings from an|findings from our|findings from this|report emerging findings|data show
        the research shows|the research found|the study shows|findings were|themes were identified|themes emerged
        grouped into|three themes|four themes|two themes|five themes|six themes|themes included|analyses unveiled
        analysis identified|analyses identified|regression analysis|regression analyses|significant interaction
        significant association*|significant difference*|significant effect*|significant correlation*|the mean|median
        we recorded|we noted|we detected|our review|the review found|review identified|review found|studies reviewed
        included studies|we found|we find|we observed|we identified|we show|we showed|we demonstrate*|we report that
        we conclude*|our results|our findings|our data|our study|our analysis|our analyses|results show*
        results indicat*|results suggest*|results demonstrat*|results reveal*|results support|results confirm*
        results of|findings show*|findings indicat*|findings suggest*|findings demonstrat*|findings reveal*
        findings support|findings highlight*|findings provide*|these findings|these results|these data|this finding
        the findings|the results|the present results|the current findings|present findings|in this study|in our study
        in our sample|in this sample|in our cohort|was found|were found|was observed|were observed|was significantly
        were significantly|significantly|study found|study show*|study demonstrate*|study confirm*|study provides
        study suggests|study indicates|study reveals|analysis revealed|analyses revealed|analysis showed
        analyses showed|there was a|there were|there was no|was identified|were identified|emerged|respondents
        participants reported|participants described|participants felt|participants experienced|p value|95 ci
        odds ratio|aor|hazard ratio|confidence interval
    """,
    FUTURE: """
        will be|will|would be|is being|are being|is expected|expected to|is anticipated|planned|is hoped|plan to
        shall be|is intended|are intended
    """,
    SAMPLE: """
        married|unmarried|primiparous|caucasian|years old|high school diploma|were recruited|was recruited
        were enrolled|were included|were randomi*|was randomi*|were randomly|randomly assigned|randomly allocated
        were invited|participated|took part|were eligible|inclusion criteria|eligible|exclusion criteria|were excluded
        consisted of|comprised|sample of|total of|cohort of|attending|admitted to|recruited from|were selected
        purposive*|consecutive*|were assigned|will be randomi*|will be recruited|will be included|mean age|average age
        median age|aged|were female|were women|were male|were men
    """,
    DONE: """
        were administered|was administered|were asked|were interviewed|was interviewed|were assessed|was assessed
        were measured|was measured|were collected|was collected|were recorded|were surveyed|were analysed
        were analyzed|were used to|was used to|were employed|were evaluated|was evaluated|was conducted|were conducted
        was performed|were performed|completed the
    """,
    ADJUSTED: """
        adjusted for|adjusting for|adjustment for|controlled for|controlling for|covariates|confounders
        after accounting for|stratified by|matched for|matched on|matched by
    """,
    WITH: """
        who show|who showed|who have|who had|who suffer|who suffered|showing symptoms|patients with|patient with
        people with|persons with|individuals with|adults with|children with|adolescents with|women with|men with
        participants with|subjects with|veterans with|youth with|students with|outpatients with|inpatients with
        those with|diagnosed with|suffering from|suffer from|history of|living with|treatment of|treated for
        treatment for|therapy for|management of|care for|persons who have|with a history of|cases of|hospitali*ed for
        hospitali*ed with|with severe|with comorbid|with current|with chronic|with mild|with moderate|with major
        experiencing|at risk for|at risk of|presenting with|admitted with|with diagnosed|affected by
    """,
    PLACE: """
        conducted in|carried out in|performed in|undertaken in|took place in|recruited from|recruited in
        recruited through|enrolled from|enrolled in|attending|presenting to|referred to|referred from|treated at
        admitted to|based in|delivered in|set in
    """,
    NEGATION: """
        no|not|without|never|neither|nor|none|cannot|lack of|lacked|lacking|lacks|absence of|absent|failed to|fail to
        fails to|failure to|unable to|free of|free from|non significant*|nonsignificant*|insignificant*|rather than
        instead of|no longer|didn t|doesn t|wasn t|weren t|isn t|aren t|hasn t|haven t|don t|unlikely|denied|ruled out
        unrelated|uncorrelated|unaffected|unchanged|non existent|nonexistent
    """,
    NOT_NEGATION: """
        more often than not|never married|never smok*|never us*|went without|go without|going without|not negate*
        not preclude*|not be ignored|not be overlooked|not be under*|cannot be ignored|cannot be overlooked
        cannot be under*|not solely|not exclusively|not primarily|not mainly|not explicitly
        not exclude*|not rule out|not fully|not completely|not negligible|not uncommon|not unusual|not rare
        absent from work|absent from school
        not all|not for all|not every|not always|not entirely|with and without|with or without|not only|not just
        not merely|not simply|whether or not|no doubt|not surprising*|not least|no matter|not maintained|not sustained
        was not maintained|were not maintained|largely not maintained|not necessarily|not limited to|not for profit
        not applicable|not to mention|no less|no fewer|not known|is not clear|not well understood|not fully understood
        no studies|no study|no research|no previous|not been|not yet|no data|cannot be excluded|cannot be ruled out
        no longer significant|if not|why not|or not|no evidence exists|lack of research|lack of evidence
        lack of studies|lack of data|lack of knowledge|without adjust*|not retained|not last*|not persist*
        could not be sustained|not randomi*|not blinded|without randomi*|non randomi*|not included|not available
    """,
    HEDGE: """
        may|might|could|possibly|it is possible|it is probable|probably|perhaps|potentially|holds potential
        hold potential|has potential|have potential|shows potential|show potential|the potential that|the potential to
        the potential for|the potential of|the potential utility|the potential benefit*|show promise|shows promise
        showed promise|it is thought|suggest|suggests
        suggested that|results suggested|findings suggested|data suggested|evidence suggested|analysis suggested
        analyses suggested|suggesting|suggestive|appear|appears|appeared|seem|seems|seemed|seemingly|likely|unlikely
        presumabl*|apparently|speculat*|plausibl*|plausible|uncertain|tentative*
        trend toward*|preliminary evidence|preliminary support|arguably|some evidence|weak evidence
        limited evidence that
    """,
    NOT_HEDGE: """
        it is possible to|more likely|less likely|times likely|as likely|equally likely|likely than|could not
        may not only|might not only|may 20*|were likely|uncertain about|uncertain how|could only|could be divided
        could be grouped|could be predicted|could be identified|could be extracted|could be observed|could be found
        could be seen|could be detected|could be demonstrated|could be shown|could be confirmed|could be established
        could be classified|could be distinguished|could be included
    """,
    CLAUSE: """
        but|although|though|while|whilst|whereas|however|yet|despite|except|unlike|because|nevertheless|nonetheless
        even though|in contrast|conversely|on the other hand|which|who|whose|where|suggesting|indicating|if|unless
        so that|thus|therefore|and that
    """,
    ENDED: """
        not maintained|not sustained|not persist*|did not persist|not last*|not retained|largely not maintained
        disappeared|no longer significant|were lost at|was lost at|returned to baseline|return to baseline|reverted
        diminished over time|faded|short lived|transient|not be sustained|not be maintained|not endure*
        not significant at follow up|wore off|attenuated over time|only short term|waned
    """,
    LASTED: """
        maintained|sustained|persisted|persist|persists|remained stable|retained|lasting|still evident|long lasting
        endured|remained elevated|remained significant|remained high|remained low|preserved
    """,
    UP: """
        increas*|higher|greater|more|rise|rises|rose|risen|rising|elevated|elevation*|elevates|grew|growth|gain|gains
        gained|exacerbat*|heighten*|enhanc*|raise|raised|raises|larger|strengthen*|boost*|promot*|foster*|greatest
        highest|lead to|leads to|led to|leading to|result in|resulted in|results in|resulting in|cause
        causes|caused|excess|worse burnout|upward|intensif*|stronger|accelerat*|amplif*|exceed*|escalat*
        more frequent*|build|builds|built|enables|enabled|expanded|doubled|tripled|climbed|soared|surged|spiked
    """,
    DOWN: """
        ease|eased|eases|easing|no longer|fewer cases of|decreas*|reduc*|lower*|less|fewer|declin*
        diminish*|drop|drops|dropped|fell|fall|falls|falling|alleviat*|mitigat*|lessen*|attenuat*|buffer*|lowest
        minimi*|prevent*|protect*|protective|smaller|downward|erod*|undermin*|shorter|shortened|weaken*|dwindl*|halved
        plummeted|plunged|shrank|subsided|abated|waned
        loss of|deplet*
    """,
    BETTER: """
        improv*|better|benefi*|ameliorat*|relief|reliev*|positive effect*|positive impact*|favo*rable|effective
        effectively|effectiveness|efficacious|superior|best|favo*ring|favo*red|in favo*r|recovered|resolved
        positive change*|positive outcome*|positively affect*|positively impact*|positively influenc*
    """,
    WORSE: """
        adversely|adverse effect*|adverse health effect*|adverse mental health effect*|adverse impact*|worsen*|worse
        deteriorat*|poorer|negative effect*|negative impact*|impair*|worst|inferior|detriment*|harmful|harmed
        negative change*|negative outcome*|negatively affect*|negatively impact*|negatively influenc*
        detrimental effect*|detrimental impact*|harmful effect*|aggravat*
    """,
    SAME: """
        not be demonstrated|not be shown|could not support|not have any|not have a|not have an|is minimal|was minimal
        were minimal|but not|no significant alteration*|no alteration*|not alter*|not modif*|not differ*
        failed to improve|failed to reduce|failed to show|without affecting|did not support|not support
        no significant difference*|no difference*|no differential|no change*|unchanged|not change*
        not significantly change*|similar|similarly|comparable|no effect*|no significant effect*
        no statistically significant|not significant*|stable|no impact|no significant impact|no significant change*
        no significant improvement*|equivalent|non inferior*|not affect*|unaffected|no association*
        no significant association*|not associated|not significantly associated|no relationship*
        no significant relationship*|not related|not significantly related|not correlate*|no correlation*
        no significant correlation*|unrelated|not predict*|no influence|not influence*|no improvement*|no reduction*
        no increase*|no decrease*|not improve*|not increase*|not decrease*|not reduce*|not lower|not higher
        no more likely|no less likely|no evidence|not effective|ineffective|not statistically significant*
        no main effect*|no benefit*|not superior|not significantly differ*|remained constant|no better|no worse
        little change*|changed little|hardly chang*|barely chang*|little effect*|little impact|little influence
        little difference*|little improvement*|little reduction*|little evidence that|little evidence of|little or no
        no longer significant*|no greater|not significantly improve*|not significantly reduce*
        not significantly increase*|not significantly affect*|not significantly different|did not significantly|equal
        the same
    """,
    MOVE: """
        effect|effects|difference|differences|differ|differed|differs|different|change|changes|changed|alter*|modif*
        benefit|benefits|impact|impacts|influence|influenced|evidence|effective|efficacy
    """,
    LINK: """
        differed based on|differed in terms of|differed across|vary with|varies with|vary by|varies by|differed by
        varied by|varied with|differed according|interaction|interactions|mediating|associations|correlations
        relationships|associat*|correlat*|predict*|related to|relation to|relationship*|relation between
        relations between|link|links|linked|linking|risk factor*|influenc*|affect|affects|affected|affecting|impact
        impacts|impacted|mediat*|moderat*|depend* on|determinant*|correlates|explained|accounted for|interact*|tied to
        odds|risk of|effect on|effects on|shaped|stemmed from|due to|driven by|concurrent|co occur*|contribut* to
        inversely associated|inversely related|inversely correlated|negatively associated|negatively correlated
        negatively related|negatively predict*
    """,
}


@cache
def lexicon() -> Lexicon[str]:
    """Every cue, with its kind."""
    entries = []
    for kind, block in _PATTERNS.items():
        patterns = {pattern.strip() for line in block.split("\n") for pattern in line.split("|")}
        entries += [(pattern, kind) for pattern in sorted(patterns) if pattern]
    return Lexicon(entries)
