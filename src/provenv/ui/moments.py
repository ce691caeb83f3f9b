"""Times of the record, as the user's own clock shows them."""

from __future__ import annotations

from datetime import datetime

from .context import Context


def moment(iso: str, context: Context) -> str:
    """Return an ISO 8601 time as date and minute where the user is; as it stands where it is none."""
    try:
        parsed = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    except ValueError:
        return iso
    return parsed.astimezone(context.timezone).strftime("%Y-%m-%d %H:%M")
