"""Words of few people, wherever they stand on a page."""

import re

SMALL = "one|two|three|four|five|six|seven|eight|nine|[1-9]"
WHO = (
    "people|persons?|participants?|women|men|girls|boys|children|patients?|pupils?|clients?|"
    "prisoners?|veterans?|families|households|individuals|adults|respondents?|workers?"
)
TELLS = (
    re.compile(rf"\b({SMALL})\s+(?:\w+\s)?({WHO})\b", re.IGNORECASE),
    re.compile(r"\bn\s*=\s*([1-9])\b(?![\d.,])", re.IGNORECASE),
    re.compile(rf"\b([1-9])\s*/\s*\d{{2,}}\s+({WHO})\b", re.IGNORECASE),
)


def few_in_words(text: str) -> list[str]:
    """Phrases that tell of fewer than ten people, but for 'fewer than' itself."""
    return [m.group(0) for tell in TELLS for m in tell.finditer(text)]
