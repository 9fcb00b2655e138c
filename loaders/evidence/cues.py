"""Words that show what a sentence does with a theme: asks, measures, finds, recommends, denies, doubts.

Patterns as `match` reads them. A sentence's cues are all found in one pass.
"""

from functools import cache

from loaders.evidence.match import Lexicon

AIM, MEASURE, RECOMMEND, GAP, OTHERS, OWN, FUTURE, SAMPLE = (
    "aim", "measure", "recommend", "gap", "others", "own", "future", "sample",
)  # fmt: skip
WITH, NEGATION, NOT_NEGATION, HEDGE, CLAUSE, ENDED, LASTED = (
    "with", "negation", "no-negation", "hedge", "clause", "ended", "lasted",
)  # fmt: skip
UP, DOWN, BETTER, WORSE, SAME, LINK = "up", "down", "better", "worse", "same", "link"
DIRECTIONS = frozenset((UP, DOWN, BETTER, WORSE, SAME, LINK))

_PATTERNS: dict[str, str] = {
    AIM: """
        aim of|aims of|aim was|aims were|aim is|aims are|aimed to|aims to|aim to|aimed at|aiming to|aims at|this aims
        objective of|objectives of|objective was|objectives were|objective is|objectives are|our objective*|primary objective*
        purpose of|purpose was|purposes of|goal of|goals of|goal was|goal is|our goal*|our aim*|our purpose|with the aim
        sought to|seek to|seeks to|set out to|was designed to|were designed to|is designed to|was conducted to|was undertaken to
        was performed to|were undertaken to|were conducted to|was carried out to|in order to investigate|in order to explore
        we investigate|we investigated|we examine|we examined|we explore|we explored|we evaluate|we evaluated|we assess
        we assessed|we studied|we compare|we compared|we analyse|we analyze|we test|we tested|we describe|we describes|we present
        we hypothesi*|we hypothesised|it was hypothesi*|hypothesis|hypotheses|hypothesi*ed that|research question*|to determine whether|we wanted to
        we intended to|we wished to|we ask|we asked whether|we also examined|we also assessed|we therefore|we report on|we report the
        we determined|we sought|we discuss|we review|we reviewed|we propose|we estimate|we estimated|we aim*|we consider
        this study aim*|this study examin*|this study investigat*|this study explor*|this study assess*|this study evaluat*
        this study compar*|this study determin*|this study describ*|this study present*|this study report*|this study focus*
        this study was|this study is|this study seeks|this study sought|this study will|this study test*|this study analy*|this study address*|this study use*
        this paper|this article|this review|this trial|this report|this research aim*|this research examin*|this research explor*|this research investigat*|this qualitative
        this systematic review|this randomi*|this pilot|this longitudinal|this cross sectional|this prospective|this retrospective|this protocol|this project|this work
        the present study|the current study|present paper|current paper|present article|the study aim*|the study examin*|the study investigat*|the study explor*|the study was designed
        study aim*|study examines|study examined|study explores|study explored|study investigates|study investigated|trial aims|project aims|research aims|paper aims|review aims
        study evaluates|study assesses|to address this gap|to fill this gap|to address these|to address this|to this end|main question*|article examines|article explores|article discusses|paper presents|paper describes|paper explores|paper examines|paper discusses|paper reports
    """,
    MEASURE: """
        measure|measures|measured|measuring|measurement*|assess|assessed|assessing|assesses|assessment|assessments|complet*|administered
        outcome|outcomes|endpoint|endpoints|end point|end points|score|scores|scored|scale|scales|subscale*|inventory|inventories|questionnaire|questionnaires
        instrument|instruments|index|checklist|self report*|rated|rating|ratings|screen*|evaluate|evaluated|evaluating|evaluation
        asked about|ask about|asked to report|asked to rate|inquired|surveyed|survey included|survey asked|data on|information on|information about|data about|data regarding|information regarding
        explored|explore|exploring|examine|examined|examining|investigat*|determine|determined|determining|compared|compare|comparing|estimat*|analysed|analyzed|quantif*|recorded|collected|documented|monitored|tested for|test for
        associations between|association between|relationship between|relationships between|correlation between|correlations between|predictors of|prevalence of|rates of|incidence of|levels of|effect on|effects on|impact on|impacts on|impact of|effect of|effects of|experiences of|perceptions of|attitudes toward*|views on|views of
        dependent variable*|independent variable*|variables|covariate*|predictor variable*|diagnosed using|defined as|ascertained|gathered|elicited|captured|obtained|interview schedule|topic guide|tool|tools|regression*|model*
    """,
    RECOMMEND: """
        should|recommend*|need for|needs to|need to|needed|is needed|are needed|is required|are required|required to|is warranted|are warranted|warrant*|must
        future research|future studies|future work|further research|further studies|further study|further work|further investigation*|more research|additional research|future trials|future interventions|further trials|future study|larger studies|additional studies|further evaluation|further exploration
        implications for|implication for|practical implication*|policy makers|policymakers|could help|may help|might help|can help|could be used|may be used|can be used|could inform|may inform|can inform|will inform|to inform|could assist|may assist|can assist|might assist
        could be useful|may be useful|may be helpful|could be helpful|could benefit from|would benefit from|may benefit from|might benefit from|could be targeted|target for|targets for|targeting|interventions to|interventions aimed|strategies to|strategies for|efforts to|programs to|programmes to|policies to|measures to improve|measures to reduce
        ought to|it is important to|is important to|are important to|it is essential|is essential|are essential|it is crucial|is crucial to|it is necessary|is necessary|are necessary|are encouraged|is encouraged|be encouraged|be considered|call for|calls for|called for|urgent*|priorit*|advocate*|consideration of|be taken into account|pay attention|attention to|attention should|opportunit* to|opportunity for|opportunities for
        could be improved by|could be facilitated|has potential to|have potential to|has the potential|have the potential|potential to improve|potential to reduce|promising target*|we suggest that|we propose|it is suggested that|merits|deserves|deserve|guide the|to guide|to develop|to optimi*e|to support the|in order to improve|in order to reduce
    """,
    GAP: """
        little is known|less is known|not known|is unknown|are unknown|remains unknown|remain unknown|unclear|is not clear|not well understood|poorly understood|not fully understood|limited evidence|limited research|limited data|little research|little evidence|few studies|no studies|no study|no research|lack of research|lack of evidence|lack of studies|lack of data|paucity|scarce*|scarcity|gap in|gaps in|research gap|knowledge gap*|understudied|under researched|under studied|no previous stud*|has not been|have not been|yet to be|rarely been|seldom been|remains to be|remain to be|insufficient evidence|evidence is limited|evidence is lacking|inconclusive|not yet been|not been studied|little attention|sparse|controversial|debated|is lacking|are lacking
    """,
    OTHERS: """
        previous stud*|previous research|previous work|previous finding*|previous evidence|prior research|prior stud*|prior work|prior evidence|earlier stud*|earlier research|other studies|other research|past research|past studies|existing research|existing literature|existing evidence|existing studies|recent studies|recent research|recent evidence|recent work|several studies|many studies|some studies|numerous studies|a number of studies|studies have|research has|research have|literature has|literature suggests|research suggests|research shows|research indicates|studies show|studies suggest|studies indicate|evidence suggests|evidence indicates|evidence shows|growing evidence|there is evidence|there is growing|increasing evidence|accumulating evidence|evidence from|has been shown|have been shown|has been reported|have been reported|has been found|have been found|has been associated|have been associated|has been linked|have been linked|has been suggested|have been suggested|has been demonstrated|have been demonstrated|has been recogni*|have been recogni*|is known to|are known to|is well known|it is known|is well established|well documented|et al|reported by others|anecdotal evidence|meta analyses have|reviews have|it has been|is considered|is widely|are widely|is a common|is common|are common|is one of the|are one of the|is a major|is an important|are at risk|at increased risk|at high risk|increasingly
    """,
    OWN: """
        we found|we find|we observed|we identified|we show|we showed|we demonstrate*|we report that|we conclude*|our results|our findings|our data|our study|our analysis|our analyses|results show*|results indicat*|results suggest*|results demonstrat*|results reveal*|results support|results confirm*|results of|findings show*|findings indicat*|findings suggest*|findings demonstrat*|findings reveal*|findings support|findings highlight*|findings provide*|these findings|these results|these data|this finding|the findings|the results|the present results|the current findings|present findings|in this study|in our study|in our sample|in this sample|in our cohort|was found|were found|was observed|were observed|was significantly|were significantly|significantly|study found|study show*|study demonstrate*|study confirm*|study provides|study suggests|study indicates|study reveals|analysis revealed|analyses revealed|analysis showed|analyses showed|there was a|there were|there was no|was identified|were identified|emerged|respondents|participants reported|participants described|participants felt|participants experienced|p value|ci|95 ci|odds ratio|or|aor|hazard ratio|beta|confidence interval
    """,
    FUTURE: """
        will be|will|would be|is being|are being|is expected|expected to|is anticipated|planned|is hoped|plan to|shall be|is intended|are intended
    """,
    SAMPLE: """
        were recruited|was recruited|were enrolled|were included|were randomi*|was randomi*|were randomly|randomly assigned|randomly allocated|were invited|participated|took part|were eligible|inclusion criteria|eligible|exclusion criteria|were excluded|consisted of|comprised|sample of|total of|cohort of|attending|admitted to|recruited from|were selected|purposive*|consecutive*|were assigned|will be randomi*|will be recruited|will be included
    """,
    WITH: """
        patients with|patient with|people with|persons with|individuals with|adults with|children with|adolescents with|women with|men with|participants with|subjects with|veterans with|youth with|students with|outpatients with|inpatients with|those with|diagnosed with|diagnosis of|diagnoses of|suffering from|suffer from|history of|living with|treatment of|treated for|treatment for|therapy for|management of|care for|persons who have|with a history of|cases of|hospitali*ed for|hospitali*ed with|with severe|with comorbid|with current|with chronic|with mild|with moderate|with major|experiencing|at risk for|at risk of|presenting with|admitted with|with diagnosed|affected by
    """,
    NEGATION: """
        no|not|without|never|neither|nor|none|cannot|lack of|lacked|lacking|lacks|absence of|absent|failed to|fail to|fails to|failure to|unable to|free of|free from|non significant*|nonsignificant*|insignificant*|rather than|instead of|no longer|didn t|doesn t|wasn t|weren t|isn t|aren t|hasn t|haven t|don t|unlikely|denied|ruled out|unrelated|uncorrelated|unaffected|unchanged
    """,
    NOT_NEGATION: """
        not only|not just|not merely|not simply|whether or not|no doubt|not surprising*|not least|no matter|not maintained|not sustained|was not maintained|were not maintained|largely not maintained|not necessarily|not limited to|not for profit|not applicable|not to mention|no less|no fewer|not known|is not clear|not well understood|not fully understood|no studies|no study|no research|no previous|not been|not yet|no data|cannot be excluded|cannot be ruled out|no longer significant|if not|why not|or not|no evidence exists|lack of research|lack of evidence|lack of studies|lack of data|lack of knowledge|without adjust*|not retained|not last*|not persist*|not statistically significant*|could not be sustained|not randomi*|not blinded|without randomi*|non randomi*|not included|not available
    """,
    HEDGE: """
        may|might|could|possibl*|probabl*|perhaps|potential*|suggest|suggests|suggested|suggesting|suggestive|appear|appears|appeared|seem|seems|seemed|seemingly|likely|unlikely|presumabl*|tend to|tended to|tends to|indicative|apparently|appear to|hypothesi*ed|speculat*|plausib*|uncertain|can|would|tentative*|trend toward*|preliminary|arguably|some evidence
    """,
    CLAUSE: """
        but|although|though|while|whilst|whereas|however|yet|despite|except|unlike|because|nevertheless|nonetheless|even though|in contrast|conversely|on the other hand|which|who|whose|where|suggesting|indicating|if|unless|so that|thus|therefore|and that
    """,
    ENDED: """
        not maintained|not sustained|not persist*|did not persist|not last*|not retained|largely not maintained|disappeared|no longer significant|were lost at|was lost at|returned to baseline|return to baseline|reverted|diminished over time|faded|short lived|transient|not be sustained|not be maintained|not endure*|not significant at follow up|wore off|attenuated over time|only short term|waned
    """,
    LASTED: """
        maintained|sustained|persisted|persist|persists|remained stable|retained|lasting|still evident|long lasting|endured|remained elevated|remained significant|remained high|remained low|preserved
    """,
    UP: """
        increas*|higher|greater|more|rise|rises|rose|risen|rising|elevated|elevation*|elevates|grew|growth|gain|gains|gained|exacerbat*|heighten*|enhanc*|raise|raised|raises|larger|strengthen*|boost*|promot*|foster*|greatest|highest|lead to|leads to|led to|leading to|result in|resulted in|results in|resulting in|contribut* to|cause|causes|caused|excess|worse burnout|upward|intensif*|stronger|accelerat*|amplif*|more frequent*|high|most|build|builds|built|enables|enabled|expanded|doubled|tripled
    """,
    DOWN: """
        decreas*|reduc*|lower*|less|fewer|declin*|diminish*|drop|drops|dropped|fell|fall|falls|falling|alleviat*|mitigat*|lessen*|attenuat*|buffer*|lowest|minimi*|prevent*|protect*|protective|low|smaller|downward|erod*|undermin*|shorter|shortened|weaken*|dwindl*|halved|least|loss of|deplet*
    """,
    BETTER: """
        improv*|better|benefi*|ameliorat*|relief|reliev*|positive effect*|positive impact*|positively|favo*rable|effective|effectively|effectiveness|efficacious|superior|best|recovered|resolved|positive change*|positive outcome*|positive
    """,
    WORSE: """
        worsen*|worse|deteriorat*|poorer|poor|adverse*|negative effect*|negative impact*|negatively|impair*|worst|inferior|detriment*|harmful|harmed|negative change*|negative outcome*
    """,
    SAME: """
        no significant difference*|no difference*|not differ*|no differential|no change*|unchanged|not change*|not significantly change*|similar|similarly|comparable|no effect*|no significant effect*|no statistically significant|not significant*|stable|no impact|no significant impact|no significant change*|no significant improvement*|equivalent|non inferior*|not affect*|unaffected|no association*|no significant association*|not associated|not significantly associated|no relationship*|no significant relationship*|not related|not significantly related|not correlate*|no correlation*|no significant correlation*|unrelated|not predict*|no influence|not influence*|no improvement*|no reduction*|no increase*|no decrease*|not improve*|not increase*|not decrease*|not reduce*|not lower|not higher|no more likely|no less likely|no evidence|not effective|ineffective|not statistically significant*|no main effect*|no benefit*|not superior|not significantly differ*|remained constant|no better|no worse|no greater|not significantly improve*|not significantly reduce*|not significantly increase*|not significantly affect*|not significantly different|independent of|irrespective of|regardless of|did not significantly|equal|the same
    """,
    LINK: """
        associat*|correlat*|predict*|related to|relation to|relationship*|relation between|relations between|link|links|linked|linking|risk factor*|influenc*|affect|affects|affected|affecting|impact|impacts|impacted|mediat*|moderat*|depend* on|determinant*|correlates|explained|accounted for|interact*|role of|tied to|odds|risk of|effect of|effects of|effect on|effects on|shaped|stemmed from|due to|driven by|concurrent|co occur*
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
