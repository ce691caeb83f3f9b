"""Which mails may be shown: much of the spam is pornography, which counts in the figures and is not shown."""

from __future__ import annotations

import re

ADULT = re.compile(
    r"\b(?:sex\w*|adults?|porn\w*|xxx+\w*|nude\w*|naked|fuck\w*|cum\w{0,6}|teens?|hardcore|girls?|lesbian\w*|horny"
    r"|erotic\w*|orgasm\w*|peni\w*|breasts?|viagra|pussy|cock\w*|sluts?|whores?|anal|rape\w*|incest\w*|shit\w*"
    r"|amateurs?|webcams?|pics|ass(?:es|hole\w*)?|dick|tits?|bitch\w*|erection\w*|enlarge\w*|virgins?)\b",
    re.IGNORECASE,
)


def decent(text: str) -> bool:
    """Tell whether a mail may be shown. Rather too few are: what is shown is only a sample."""
    return not ADULT.search(text)
