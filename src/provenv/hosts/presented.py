"""The certificate that a server presents, whether or not it is trusted here."""

from __future__ import annotations

import base64
import http.client
import ssl
from urllib.parse import unquote, urlsplit

from .certificate import Certificate, from_der
from .reach import Access


def presented(url: str, how: Access, *, limit: float) -> Certificate | None:
    """Return the server's own certificate, None where none was to be had. Nothing else is asked of it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    proxy = urlsplit(how.proxy_for(url) or "")
    try:
        if proxy.hostname:
            connection = http.client.HTTPSConnection(
                proxy.hostname, proxy.port or 80, timeout=limit, context=context
            )
            connection.set_tunnel(host, port, _login(proxy.username, proxy.password))
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=limit, context=context)
        try:
            connection.connect()
            shown = connection.sock.getpeercert(binary_form=True)
            return from_der(shown) if shown else None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return None


def _login(user: str | None, password: str | None) -> dict[str, str]:
    if not user and not password:
        return {}
    words = f"{unquote(user or '')}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(words).decode()}"}
