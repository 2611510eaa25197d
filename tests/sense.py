"""Rules that hold of every sentence a reader sees: number agreement, and that it can be meant."""

import re

_NOUNS = (
    "unit|clause|cell|row|person|year|output|adjustment|draw|contract|period|cohort|group|cluster|"
    "check|outcome|estimate|figure|column|measure|edition|evaluation|month|quarter|scenario|report|"
    "deduction|problem|question|value|town|state|area|firm|school|hospital|pupil|set|pair|placebo"
)
_RULES = (
    ("one of several", rf"(?<![\d.,/-])(?:1|[Oo]ne) (?:{_NOUNS}|time)s\b"),
    ("several of one", rf"(?<![\d.,/-])(?:[2-9]|[1-9]\d+) (?:{_NOUNS})(?![\w-])"),
    ("all of one", r"\b[Aa]ll (?:1|one)\b(?! )|\b[Aa]ll 1 "),
    ("of one", r"\b\d+ of 1 [a-z]"),
    ("one are", r"\b(?:1|[Oo]ne) [a-z]+ are\b"),
    ("many is", rf"(?<!of )\b(?:[2-9]|[1-9]\d+) (?:{_NOUNS})s (?:is|was|has)\b"),
    ("nothing where", r"Nothing is [a-z]+ where"),
    ("a blank", r"\bNone\b(?= (?:of|units|and)\b)|\b(?:nan|NaN|inf)\b|[{}]"),
    ("twice", r"\b(the|a|of|in|is|are|and|to|for|with) \1\b"),
    ("points", r"(?<!\.)\.\.(?!\.)|\s[,;](?=\s|$)|,,|;;|\?\.|\.;"),
    ("per cent of points", r"\d% points?\b|\d per cent points?\b|%%"),
)
RULES = tuple((name, re.compile(pattern)) for name, pattern in _RULES)


def nonsense_in(text: str) -> list[str]:
    """Each place that breaks a rule: the rule, and what stands there."""
    return [
        f"{name}: ...{text[max(0, at.start() - 40) : at.end() + 25]!r}"
        for name, rule in RULES
        for at in rule.finditer(text)
    ]
