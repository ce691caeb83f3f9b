"""From a raw e-mail to the words its writer wrote: subject and body, without what names the collection.

Headers are dropped, all but the subject. They say which mailbox, list and year
a mail came from, and in this corpus that is as good as the label. For the same
reason go quoted lines, signatures, the footers of mailing lists and the list's
name in the subject. Addresses, links and telephone numbers are masked: what they
say of a person is nobody's business here.
"""

from __future__ import annotations

import email
import re
from email.message import Message

from .html import HTML, seen_in_html

MOST = 8_000  # characters of a body that are read: some carry whole files

MASKS = (
    (re.compile(r"\b(?:https?|ftp)://\S+|\bwww\.\S+", re.IGNORECASE), "(link)"),
    (re.compile(r"\b(?:mailto:)?[\w.+-]+@[\w.-]+\w"), "(address)"),
    (
        re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d)\+?\(?\d{1,4}\)?(?:[ ./-]{1,2}\(?\d{2,4}\)?){2,4}(?!\w)"),
        "(phone)",
    ),
    # the collectors wrote these in the place of their own names
    (re.compile(r"\b(?:zzzz|yyyy|jm)(?:-\w+)?\b"), "(name)"),
)
REPLY = re.compile(r"^\s*(?:(?:re|fwd?|aw)\s*(?:\[\d+\])?:\s*)+", re.IGNORECASE)
LIST = re.compile(r"\[[^\]]{2,30}\]")
# `> words`, `Somebody wrote:`, and lines of a header that a program copied into the body
QUOTED = re.compile(
    r"^\s*(?:\w{0,3}[>|]|(?:URL|Date|Sent|From|To|Cc|Subject|Reply-To|Message-ID):|On .*\d{4}.*,\s*$)"
    r"|\b(?:wrote|writes|said):\s*$",
    re.IGNORECASE,
)
# what follows is a signature or a mailing list's own words; only near the end, as some writers draw lines
FOOTER = re.compile(
    r"^\s*(?:--? ?\w{0,12}\.?|_{10,}|[-=]{20,}|\S* mailing list|To unsubscribe from this group.*)\s*$",
    re.IGNORECASE,
)
# what follows is somebody else's, wherever it begins
ELSE = re.compile(r"^\W*(?:Original Message|This sf\.net email is|Yahoo! Groups Sponsor)\b", re.IGNORECASE)
# what separated parts; a filter that the collectors used left its own in every tenth spam
SEPARATOR = re.compile(r"^--\S{12,}$")
TAIL = 15  # lines


def text_of(raw: bytes) -> str:
    """Return `subject\\nbody` of a raw e-mail, masked and without headers, quotes and footers."""
    message = email.message_from_bytes(raw)
    subject = LIST.sub(" ", REPLY.sub("", _subject(message)))
    return cleaned(f"{REPLY.sub('', subject)}\n{_body(message)}")


def cleaned(text: str) -> str:
    """Return the text as the models read it; what was typed in goes the same way."""
    lines = text[:MOST].splitlines()
    for number, line in enumerate(lines[1:], 1):
        if ELSE.match(line) or (number >= len(lines) - TAIL and FOOTER.match(line)):
            lines = lines[:number]
            break
    text = "\n".join(line for line in lines if not QUOTED.search(line) and not SEPARATOR.match(line))
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def thread_of(text: str) -> str:
    """Return the subject as a thread keeps it: small letters only. Empty where it says too little."""
    subject = " ".join(re.findall(r"[a-z]+", text.partition("\n")[0].lower()))
    return subject if len(subject.split()) >= 3 else ""


def _subject(message: Message) -> str:
    parts = email.header.decode_header(str(message.get("Subject", "")))
    words = [part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts]
    return " ".join("".join(words).split())


def _body(message: Message) -> str:
    """Return the first plain part; where there is none, the first HTML part as a reader sees it."""
    found: dict[str, str] = {}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and kind not in found:
            payload = part.get_payload(decode=True)
            found[kind] = _decoded(payload or b"", part.get_content_charset())[: 8 * MOST]
    plain = found.get("text/plain", "")
    if "text/html" in found and not plain.strip():
        return seen_in_html(found["text/html"])
    return seen_in_html(plain) if HTML.search(plain) else plain


def _decoded(data: bytes, charset: str | None) -> str:
    """Decode by what the bytes are, then by what the mail says of them, which is often wrong."""
    for name in ("utf-8", charset or "ascii"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
