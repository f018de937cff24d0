"""Words by which English says how models compare, cost, launch and win; patterns, and no model.

Every repetition in a pattern is bounded, so that a search is linear in the text.
"""

import re

_I = re.IGNORECASE

# ------------------------------------------------------------------ sentences and clauses

ABBREVIATION = re.compile(
    r"\b(?:vs|e\.g|i\.e|approx|ca|cf|no|inc|ltd|corp|dr|mr|ms|st|fig|al|etc|u\.s|resp|incl|v|jan|"
    r"feb|"
    r"mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)\.$",
    _I,
)
STOP = re.compile(r"[.!?…]{1,8}[\"')\]]{0,4}(?=\s|$)|\n")
CLAUSE = re.compile(
    r"; |: | – |\s?— ?| - |, (?:while|whereas|but|and|yet|compared|versus|vs\.?|against|followed|"
    r"so|or|"
    r"which|with)\b| (?:while|whereas|versus|vs\.?|compared (?:to|with)|but)\s",
    _I,
)
#: Words after which a model is what another is compared with, not what is spoken of.
GOVERNS = re.compile(
    r"(?:\bthan|\bover|\bversus|\bvs\.?|\bagainst|\bunlike|\blike|\bto|\bwith|\bof|\bfrom|"
    r"\bahead of|"
    r"\bbehind|\bbeat(?:s|ing)?|\boutperform\w{0,3}|\bsurpass\w{0,3}|\bexceed\w{0,3}|"
    r"\btrail\w{0,3}|"
    r"\blags?|\bmatch\w{0,3}|\brival\w{0,3}|\bunderperform\w{0,3}|\btops?|\bleads?|"
    r"\bundercut\w{0,4}|"
    r"\breplac\w{0,3}|\babove|\bbelow|\bas|\bcannibali[sz]\w{0,3}|\bnot|\bbefore|\bafter|\bbut)"
    r"(?:\s(?:the|what|its|their|our|both|even|either|that|an?|older|former|full|new|previous|"
    r"\w{1,20}'s))"
    r"{0,3}\s?$",
    _I,
)
#: A verb behind a name shows that it leads its own words.
LEADS = re.compile(
    r" (?:is|are|was|were|has|have|had|costs?|scores?|scored|gets?|got|reaches|achieves|beats|"
    r"leads|remains|"
    r"becomes|comes|came|stands|manages|charges|asks|takes|trails|wins)\b",
    _I,
)
PRONOUN = re.compile(
    r"\b(?:it|its|it's|the (?:new |latest |smaller |larger |bigger |same )?(?:model|newcomer|"
    r"release|"
    r"version|entrant|challenger)|this (?:new )?model|that model|they|them|their|both|the two|"
    r"the pair|"
    r"all three|all four|these(?= (?:are|were|have|cost|models))|the former|the latter)\b",
    _I,
)
GROUP = re.compile(r"\b(?:both|the two|all three|all four|all of them|they|these|neither)\b", _I)
GROUP_SIZE = {"both": 2, "the two": 2, "neither": 2, "all three": 3, "all four": 4}
#: "The X series" names no single model.
NO_SINGLE_MODEL = re.compile(
    r"[ -](?:series|family|line-?up|models|class\b|level|style|like|powered|based)"
)
DENIES = re.compile(
    r"\b(?:not|never|no longer|hardly|cannot|neither|nor|nobody|without|far from)\b|n't\b", _I
)
DENIED_AFTER = re.compile(
    r"[^.;]{0,40}?[\"')]?\s(?:is|are|was|were)\s(?:simply |just |also |plain |all )?"
    r"(?:wrong|false|untrue|incorrect|a myth|not true|not so|nonsense)\b",
    _I,
)
UNSURE = re.compile(
    r"\b(?:would|could|might|may|if|should|rumou?red|expected to|expects to|likely to|plans? to|"
    r"hopes? to|"
    r"aims? to|suppose|imagine|target of)\b",
    _I,
)
SAID_BY = re.compile(
    r"\baccording to (?:the )?(?P<a>[A-Z][\w.-]{1,30}(?: [A-Z][\w.-]{1,30})?)|"
    r"\b(?P<b>[A-Z][\w.-]{1,30}(?: [A-Z][\w.-]{1,30})?)(?:'s own)? (?:reports|measures|measured|"
    r"tests|"
    r"tested|found|finds)\b|\b(?:measured|tested|run|reported) by (?P<c>[A-Z][\w.-]{1,30}"
    r"(?: [A-Z][\w.-]{1,30})?)"
)
THERE = re.compile(
    r"\b(?:there|on it|on that (?:test|benchmark)|"
    r"on the (?:same|benchmark|test|leaderboard))\b",
    _I,
)
#: What makes a sentence look checkable once it names a model, a vendor or a benchmark.
CHECKABLE = re.compile(
    r"\b(?:cheap\w{0,4}|expensive|affordable|faster|fastest|slower|better|best|worse|worst|first|"
    r"second|"
    r"outperform\w{0,3}|beats?|ahead|behind|lead(?:s|ing)?|trail\w{0,3}|more|less|most|least|"
    r"highest|lowest|"
    r"launch\w{0,3}|releas\w{0,3}|announc\w{0,3}|available|availability|retire\w?|"
    r"open[- ](?:source|weights?)|"
    r"reasoning|priced?|cost\w{0,3}|winner|loser|waitlist|immediate)\b|\d|%|\$",
    _I,
)

# ------------------------------------------------------------------ figures and their owners

#: What may stand between a model and a figure that is plainly its own.
OWNS = re.compile(
    r"(?:'s?|s')?,?\s?(?:[(\[:=~]|-|–|—)?\s?(?:(?:at|gets?|got|with|scores?|scored|scoring|hits?|"
    r"on|has|had|"
    r"is|was|reach(?:es|ed)|achiev(?:es|ed)|manages?|managed|posts?|posted|takes?|stands? at|"
    r"comes in at|"
    r"came in at|costs?|charges?|asks?|priced at|records?|earns?|earned|a|an|only|just|still|about|"
    r"around|"
    r"roughly|nearly|almost|over|more than|less than|under|up to|some|approximately|of|the|score|"
    r"scores of|"
    r"elo|rating|accuracy|result|results|pass rate|resolved|solves?|solved|which|price|now)\b|~|≈|"
    r">|<|\$|\s|"
    r":|=|\(){0,14}",
    _I,
)
#: What may stand between a figure and the model named after it as its owner.
OWNED_BY = re.compile(
    r"\)?,?\s?(?:score|accuracy|points?|elo|rating|correct)?\s?"
    r"(?:for|by|from|goes to|belongs to|in the case of|achieved by|scored by|posted by|"
    r"recorded by)\s"
    r"(?:(?:the|its|our|full|new|older)\s){0,3}(?:\S{0,20}'s\s)?",
    _I,
)
OWNED_BY_LOOSELY = re.compile(r"[^.;]{0,40}?\b(?:for|by|from)\s(?:the\s)?(?:\S{0,20}'s\s)?")
#: What may stand between a figure and the benchmark it was reached on.
ON_BENCHMARK = re.compile(
    r"\)?,?\s?(?:(?:score|accuracy|points?|elo|rating|of (?:the )?(?:problems|tasks|questions|"
    r"issues|"
    r"cases|items)|correct|pass@\d{1,3}|solved|resolved|success|pass rate|results?)\s?){0,3}"
    r"(?:on|in|at|for|of)\s(?:both\s)?(?:the\s|its\s)?(?:[\w'’-]{1,20}\s){0,4}\(?",
    _I,
)
SCORE_OF = re.compile(r"\s?(?:scores?|benchmark|result|accuracy|rating|elo)\b", _I)
UP_FROM = re.compile(
    r"\b(?:up|down|rose|fell|improv\w{0,4}|compared) from\s?(?:\w{1,12}\s)?$|\bfrom\s$", _I
)
NO_SCORE = re.compile(
    r"[\s,]{0,2}(?:cheaper|less|lower|off\b|discount|reduction|more|higher|better|faster|slower|"
    r"fewer|pricier|dearer|savings?|cut\b|drop\b|increase|improvement|growth|margin|share|"
    r"uptime|confidence|ci\b|point|of (?:the|its|their|that|what)(?: \w{1,20}){0,2} (?:price|cost|"
    r"revenue|market|users|tokens|traffic|time|volume))",
    _I,
)
LISTED = re.compile(
    r"(?:%|\s|,|and\b|or\b|&|/|vs\.?|versus\b|v\b|against\b|the\b|respectively|'s|percent){0,8}"
)
AGAINST = re.compile(r"\b(?:vs?\.?|versus|against|to|compared (?:to|with))(?!\w)|/", _I)
METRICS = (
    ("cons", re.compile(r"\b(?:cons(?:ensus)?@\d{1,4}|maj(?:ority)?@\d{1,4}|majority vot\w{1,4}|"
                        r"consensus(?: among| over| of)? \d{1,4}|self-consistency)", _I)),
    ("best", re.compile(r"\b(?:best[- ]of[- ](?:\d{1,4}|n)\b|pass@(?:[2-9]|\d\d{1,3})\b|"
                        r"parallel (?:test-time )?(?:compute|attempts|sampl\w{1,4})|"
                        r"multiple attempts|high[- ]compute)", _I)),
    ("first try", re.compile(r"\b(?:first (?:try|attempt)|pass_rate_1)\b", _I)),
)  # fmt: skip
#: A table cell that holds figures and no words of its own.
CELL = re.compile(
    r"\s?(?P<first>(?:US)?\$? ?~?\d[\d,]{0,12}(?:\.\d{1,6})?)\s?(?:%|[kKmM](?: tokens)?| tokens|"
    r" Elo)?"
    r"(?:\s?(?:/|\||–|-|\band\b)\s?\$? ?\d[\d,]{0,12}(?:\.\d{1,6})?%?)?\s?"
    r"(?:\([^()]{0,30}\)|[*†‡]|±\s?[\d.]{1,6})?\s?"
)
RESULT_COLUMN = re.compile(
    r"\b(?:score|elo|rating|accuracy|result|pass|solved|resolved|percent)|%", _I
)

# ------------------------------------------------------------------ prices

PRICE_WORDS = re.compile(
    r"\b(?:price[sd]?|pricing|pricey|cost|costs|costing|cheap\w{0,4}|expensive|afford\w{0,4}|"
    r"charg\w{0,3}|"
    r"pay|pays|bill\w{0,3}|fee|fees|asks?|sticker|per (?:1M|million|M)|dollars?|cents?|"
    r"discount\w{0,3}|"
    r"spend\w{0,3})\b|\$",
    _I,
)
PER_MILLION = re.compile(
    r"(?:\bper|/|\ba|\bfor(?: every)?|\beach)\s?(?:1\s?M|1,000,000|one million|million|M|mn|mil|"
    r"mm)\b|"
    r"/\s?MTok|\bMTok\b|\b1M tokens\b|\bmillion (?:input |output )?tokens\b",
    _I,
)
PER_THOUSAND = re.compile(r"(?:\bper|/)\s?(?:1\s?K|1,000|thousand)\b", _I)
NOT_PER_TOKEN = re.compile(
    r"\s?(?:/|per|a|each|every)\s?(?:mo\b|month|year|user|seat|week|day|hour|image|minute|request|"
    r"search|call|run\b|task|session|page|question)|\s?(?:monthly|yearly|subscription|plan\b|"
    r"in funding|"
    r"round\b|valuation|of revenue|in revenue|total|for the whole)",
    _I,
)
SIDES = (
    ("cache_read", re.compile(r"\bcach", _I)),
    ("input", re.compile(r"\b(?:input|in|prompt|incoming|ingest\w{0,3})\b", _I)),
    ("output", re.compile(r"\b(?:output|out|completion|generat\w{1,4}|outgoing)\b", _I)),
)
SIDE_BEFORE = re.compile(
    r"(?:^|[,;:(|/•-]|\b(?:and|the|its|with|on|for|or))\s?"
    r"(?P<cached>cached )?(?:(?P<input>input|in|prompt)|(?P<output>output|out|completion))"
    r"(?: tokens?| prices?| costs?){0,2}(?:\s?(?:is|at|are|costs?|for|of|:|=))?\s?$",
    _I,
)
PRICE_TAIL = re.compile(
    r"(?: ?(?:/|per|in\b|out\b|input|output|cached|for\b|a\b|1|M\b|million|mtok|1M|tokens?|k\b|"
    r"1K)){1,6}",
    _I,
)
RATIO_AFTER = re.compile(
    r"[\s,]{0,2}(?:(?P<cheaper>cheaper|less expensive|more affordable|more cost[- ]efficient|"
    r"more cost[- ]effective|lower[- ](?:cost|priced?|pricing)|lower (?:input |output |"
    r"api )?(?:costs?|"
    r"prices?)|price (?:advantage|discount)|cost (?:advantage|reduction|savings?))"
    r"|(?P<less>less|lower|below|under)"
    r"|(?P<off>off|discount|(?:price )?reduction|savings?)"
    r"|(?P<dearer>more expensive|pricier|dearer|costlier|higher[- ](?:cost|priced?)|"
    r"higher (?:input |output )?"
    r"(?:costs?|prices?)|as expensive|as costly|premium)"
    r"|(?P<more>more|higher|above|as much)"
    r"|(?P<of>(?:of )?(?:the|its|their|that|what|\S{1,30}'s)(?: \w{1,20}){0,2}? ?(?:prices?|costs?|"
    r"pricing|asks?|"
    r"charges?|rate)\b|(?:of )?what\b|(?:of|as)\b(?=[^.;]{0,60}(?:price|cost|charge|ask)))"
    r"|(?P<half>(?:as )?(?:expensive|costly|much)|price\b))",
    _I,
)
COSTS_BEFORE = re.compile(
    r"\b(?:costs?|costing|priced|charges?|price is|cheaper by|at)\s?(?:about|only|just|roughly|"
    r"around|up to|"
    r"some|~|nearly|almost|over|more than|less than)?\s?$",
    _I,
)
CHEAPER_BY = re.compile(r"\bcheaper by\s?(?:\w{1,12}\s)?$", _I)
COST_SENSE = re.compile(r"\b(?:price|cost|charge|expensive)|\$", _I)
OTHER_QUANTITY = re.compile(
    r"\s?(?:less|more|lower|higher)\s(?!than|expensive|costly|for\b|on\b|per\b|money|in\b)[a-z]", _I
)
_MUCH = (
    r"(?:even |still |far |much |significantly |considerably |slightly |also |substantially |way )?"
)
CHEAPER = re.compile(
    rf"\b(?:(?P<below>{_MUCH}(?:cheaper|less expensive|more affordable|more cost[- ]efficient|"
    r"more cost[- ]effective|lower[- ]priced|lower in price|lower price|lower cost)"
    r"|undercut(?:s|ting)?|costs? less|costing less|priced below)"
    rf"|(?P<above>{_MUCH}(?:more expensive|pricier|dearer|costlier)|costs? more|costing more|"
    rf"priced above)"
    r"|(?P<level>(?:at )?(?:the )?same (?:input |output )?(?:price|cost|pricing)|as (?:cheap|"
    r"expensive) as|"
    r"costs? (?:exactly )?the same|priced (?:the same|identically)|(?:exactly )?the same as))"
    r"(?P<still> still)?(?!\w)",
    _I,
)
THAN = re.compile(r"\s?(?:\w{1,20} ){0,4}?(?:than|as|compared (?:to|with)|to)\b", _I)

# ------------------------------------------------------------------ comparisons and ranks

_ON = r"(?: scores?)?(?: (?:on|at|in|with|for) [^,.;]{1,40}?)? (?:than|to)"
_ABOVE = (
    r"ahead of|outperform(?:s|ed|ing)?|outscor(?:es|ed)|beats?|beating|surpass(?:es|ed|ing)?|"
    r"exceed(?:s|ed|ing)?|edg(?:es|ed) out|edg(?:es|ed) past|overtakes?|overtook|tops|topped|"
    r"(?:better|stronger|smarter|abler|more capable|more intelligent|more accurate|superior|higher)"
    rf"{_ON}|scores? above|leads?(?: over)?|led|wins? (?:out )?(?:over|against)|defeats?|"
    rf"leapfrogs?|"
    r"pulls ahead of|above"
)
_BELOW = (
    r"behind|trail(?:s|ed|ing)?|lag(?:s|ged|ging)?(?: behind)?|underperforms?|"
    r"(?:worse|weaker|less capable|less intelligent|less accurate|inferior|lower)"
    rf"{_ON}|scores? below|loses? (?:out )?to|falls? short of|is beaten by|beaten by|"
    rf"outperformed by|"
    r"surpassed by|below"
)
_LEVEL = (
    r"on (?:a )?par with|match(?:es|ed|ing)?|rivals?|rivalling|comparable (?:to|with)|"
    r"competitive with|(?:is )?tied with|ties (?:with )?|as good as|equals|level with|in line with"
)
COMPARES = re.compile(
    rf"\b(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW})|(?P<level>{_LEVEL}))(?!\w)", _I
)
#: Comparing words that say nothing of capability unless a benchmark or an ability is named.
NEEDS_MEASURE = re.compile(r"^(?:higher|lower|above|below|leads?|led|tops|topped|scores?)\b", _I)
LESS_OF = re.compile(
    r"\b(?P<word>less|more|better|worse|stronger|weaker|higher|lower|greater|poorer|broader|"
    r"narrower)"
    r"\b(?P<middle>[^.;:]{1,60}?)\bthan\b",
    _I,
)
LESS_WORDS = {"less", "worse", "weaker", "lower", "poorer", "narrower"}
NOT_CAPABILITY = re.compile(
    r"\b(?:faster|slower|quicker|speed|latency|throughput|smaller|larger|bigger|longer|shorter|"
    r"sooner|"
    r"later|earlier|cheap\w{0,4}|expensive|cost\w{0,3}|price\w?|pricing|fewer|tokens?|context|"
    r"parameters?|"
    r"revenue|growth|users|downloads|share|popular\w{0,4}|months?|weeks?|days?|years?)\b",
    _I,
)
ALSO_COMPARED = re.compile(
    r"(?:'s)?\s?(?:\(?[\d.,%]{1,8}\)?\s?)?(?:,|and|or|&)?\s?(?:and\s)?(?:even\s)?", _I
)
GAP_AFTER = re.compile(
    r"\s?(?:\w{1,20}[ -]){0,3}?(?P<noun>gap|lead|advantage|edge|difference|margin|deficit|ahead|"
    r"behind|higher|"
    r"lower|better|worse|clear|above|below)\b",
    _I,
)
GAP_BEFORE = re.compile(
    r"\b(?P<noun>gap|lead|leads|advantage|edge|difference|margin|deficit|ahead|behind|trails?|"
    r"wins?)\b"
    r"[^.;:]{0,40}?\b(?:of|by|is)\s?(?:only|just|about|around|roughly|some|a|nearly|over)?\s?$",
    _I,
)
LEAD_WORDS = {
    "lead", "leads", "advantage", "edge", "ahead", "higher", "better", "clear", "above", "win",
    "wins",
}  # fmt: skip
LAG_WORDS = {"deficit", "behind", "lower", "worse", "below", "trail", "trails"}
SUPERLATIVE = re.compile(
    r"\b(?:(?P<cheapest>cheapest|most affordable|least expensive|lowest[- ]priced|lowest[- ]cost|"
    r"most cost[- ](?:effective|efficient)|lowest prices?)|(?P<dearest>most expensive|priciest|"
    r"dearest|"
    r"costliest|highest[- ]priced))\b(?P<scope>(?: (?!model\b|llm\b|of\b|in\b|on\b|and\b|yet\b|"
    r"ever\b|api\b|"
    r"from\b|that\b|is\b)[\w-]{1,20}){0,3})(?: (?:model|llm|api|offering|option)s?)?",
    _I,
)
RANK = re.compile(
    r"\b(?:(?P<first>(?:ranks?|ranked|ranking|is|are|comes?|came|sits?|stands?|places?|placed|"
    r"finish(?:es|ed)|"
    r"takes?|took|now|at|holds?|claims?|in) (?:in |at |the ){0,2}(?:first|1st|#1|no\. ?1|"
    r"number one|number 1|top "
    r"(?:spot|place|rank)|first place|top)(?! (?:model|party|to\b|time|of all)))"
    r"|(?P<second>(?:ranks?|ranked|is|comes?|came|sits?|places?|placed|finish(?:es|ed)|takes?|took|"
    r"in) "
    r"(?:in |at |the ){0,2}(?:second|2nd|#2|no\. ?2|number two|second place))"
    r"|(?P<tops>tops|topped|leads|led|heads)"
    r"|(?P<best>state[- ]of[- ]the[- ]art|sota|(?:the )?(?:best|highest)(?: (?:score|result|model|"
    r"rating))?|"
    r"sets? a new record|(?:a )?new (?:record|high)))\b",
    _I,
)
BEST_ON = re.compile(r"\s?(?:\w{1,20} ){0,3}?(?:on|in|at|of|for)?\s?(?:the\s?)?(?:\w{1,20} )?", _I)
OWN = re.compile(
    r"\b(?:our|its own|their own|the company's|the firm's|the lab's)\s?(?:\w{1,20} )?$", _I
)
SOLD_BY = re.compile(r"\s?(?:models?|one|llm)?\s?(?:that|from|by|of|in)?\s?(?:the\s?)?", _I)
NAMED_AFTER = re.compile(r"[^.;]{0,60}?(?:\bis|\bremains|\bwas|,|:)\s?(?:still\s?)?(?:the\s?)?$")

# ------------------------------------------------------------------ launches, availability, nature

RELEASES = re.compile(
    r"\b(?:releas(?:e|es|ed|ing)|launch(?:es|ed|ing)?|announc(?:e|es|ed|ing)|introduc(?:e|es|ed|"
    r"ing)|"
    r"unveil(?:s|ed|ing)?|ship(?:s|ped|ping)?|debut(?:s|ed)?|roll(?:s|ed|ing) out|drop(?:s|ped)|"
    r"com(?:e|es) out|came out|out since|available since|available from|arriv(?:es|ed)|follow(?:s|"
    r"ed)|"
    r"publish(?:es|ed)|present(?:s|ed)|answer(?:s|ed) with|open[- ]sourc(?:es|ed)|made available|"
    r"went live|goes live|became available)\b",
    _I,
)
#: Verbs too common to make a launch of without its date.
NEEDS_DATE = re.compile(r"^(?:follow|drop|present|publish|out |available |arriv|came|come)", _I)
NOT_ITS_OBJECT = re.compile(
    r"\b(?:on|with|in|since|after|before|than|to|from|at|as|by|against|compared|versus|priced|"
    r"prices?|"
    r"waitlist)\b|[.;]",
    _I,
)
TODAY = re.compile(r"\b(?:today|this morning|this week|yesterday|this month)\b", _I)
RETIRES = re.compile(
    r"\b(?:shut(?:s|ting)? (?:it )?down|shutdown|turn(?:s|ed|ing)? (?:it )?off|switch(?:ed|es|"
    r"ing)? off|"
    r"retir(?:e|es|ed|ing|ement)|sunset(?:s|ting|ted)?|discontinu(?:e|es|ed|ing)|deprecat(?:e|es|"
    r"ed|ing|ion)|"
    r"end[- ]of[- ]life|withdrawn|removed from the api|pulled from the api)\b",
    _I,
)
IS_DONE = re.compile(
    r"\b(?:has been|have been|was|were|is now|are now|is already)\b[^.;]{0,20}$", _I
)
LIMITED = re.compile(
    r"\b(?:limited (?:availability|access|preview|release|rollout|api|beta)|wait-?list\w{0,3}|"
    r"invite[- ]only|"
    r"(?:usage[- ])?tiers? ?[- ]?\d|progressive(?:ly)? (?:roll|availab)\w{0,6}|"
    r"gradual(?:ly)? roll\w{0,5}|"
    r"early access|selected? (?:developers|customers|partners|users)|restricted (?:to|access)|"
    r"trusted (?:testers|partners)|private (?:beta|preview)|staged roll\w{0,5})",
    _I,
)
GENERAL = re.compile(
    r"\b(?:[Gg]enerally available|[Gg]eneral availability|(?:available|open) to (?:all|"
    r"every)\w{0,6}|GA\b)"
)
BY_API = re.compile(
    r"\b(?:available|accessible|live|offered|can be used|usable)\b[^.;]{0,60}?\b(?:API|AI Studio|"
    r"Vertex|Bedrock|"
    r"developers)\b|\bin the API (?:today|now|from)\b|\bAPI (?:access )?(?:is |was )?(?:available|"
    r"open(?:ed)?|live|"
    r"immediate)|\bthrough the API\b|\bvia (?:the |its |an |our )?API\b",
)
NO_API = re.compile(
    r"\b(?:no API\b|without an API\b|API (?:is |access is )?(?:not|isn't)|"
    r"not (?:yet )?(?:available|offered) "
    r"(?:in|via|through|on) (?:the |an |its )?API|missing from the API)",
    _I,
)
PRODUCT = re.compile(r"\b(?:ChatGPT|Claude\.ai|app|Plus|Team|Copilot)\b")
PRIORITY = re.compile(r"\bpriority\b|\bon the\b", _I)
WEIGHTS = re.compile(
    r"\b(?:(?P<open>open[- ]weights?|open[- ]sourced?|openly (?:available|licensed)|weights (?:are|"
    r"were) "
    r"(?:available|open|public|released|published)|(?:MIT|Apache(?:[- ]2\.0)?)[- ]licen[cs]ed?|"
    r"downloadable "
    r"weights|open model)|(?P<closed>closed[- ](?:source|weights?)|proprietary))\b",
    _I,
)
REASONS = re.compile(
    r"\b(?P<no>no |non-|not a |without |lacks |has no )?(?:[\w-]{1,20} ){0,2}?"
    r"(?P<is>reasoning model|reasoning mechanism|chain[- ]of[- ]thought|"
    r"thinks? before (?:answering|responding)|"
    r"internal reflection before)",
    _I,
)
REASONS_OF = re.compile(
    r"\s?(?:,|is\b|was\b|remains\b|has\b|offers\b|generates\b|lacks\b|\(|-)[^.;:]{0,90}", _I
)
NOT_REASONS_OF = re.compile(r"\b(?:than|for|whose|price|cost|preserves|distinguish\w{0,3})\b", _I)
CONTEXT = re.compile(
    r"\b(?:context(?: window| length| size)?|window|accepts?|takes?|process(?:es)?|handles?|"
    r"ingests?|"
    r"holds?|reads?)\b",
    _I,
)
#: A bare number after these is a number of tokens, where tokens are spoken of.
TAKES = re.compile(
    r"\b(?:takes|accepts|handles|holds|it is|has|offers|only)\s?(?:only |just |about )?$", _I
)
NOT_CONTEXT = re.compile(
    r"\b(?:per|output|thinking|think|budget|price\w?|cost\w?|spend\w{0,3}|used)\b|/|\$", _I
)

# ------------------------------------------------------------------ winners and losers

LOSES = re.compile(
    r"\b(?:(?P<loser>losers?|loses? (?:out|ground|most|share)|(?:biggest |main )?victims?|"
    r"casualt(?:y|ies)|"
    r"hit hardest|hardest hit|(?:is|are) hurt|worst hit|left behind|under threat|threatened)|"
    r"(?P<winner>winners?|wins? (?:most|out|big)|beneficiar(?:y|ies)|benefits? most|gains? (?:most|"
    r"share)))\b",
    _I,
)
LOSER_IS = re.compile(
    r"[^.;]{0,80}?(?:\bis|\bare|:|\bremains?|\bwill be|\bwould be|-|–|—|\bincludes?)\s?"
    r"(?:the\s)?(?:\S{0,20}'s\s)?(?:[A-Z]\w{1,20}\s)?$"
)
IS_LOSER = re.compile(r"\b(?:is|are|was|looks|will|would|as|the)\b|,|^\s?$", _I)
CANNIBALISES = re.compile(r"\bcannibali[sz](?:e|es|ed|ing|ation)\b(?: of)?", _I)
