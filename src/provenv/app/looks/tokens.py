"""Until when a token is good, where it says so itself: a JSON Web Token (RFC 7519)."""

from __future__ import annotations

import base64
import binascii
import json
import re

JWT = re.compile(r"[A-Za-z0-9_-]{8,}\.([A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]*")


def jwt_end(token: str) -> float | None:
    """Return when a token ends, in seconds since 1970; None for what is none, or says nothing of it."""
    match = JWT.fullmatch(token.strip().removeprefix("hf_jwt_"))
    if match is None:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    ended = payload.get("exp") if isinstance(payload, dict) else None
    return float(ended) if isinstance(ended, (int, float)) else None
