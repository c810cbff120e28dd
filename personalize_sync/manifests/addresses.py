"""Which internet addresses a project file may name: credentials are sent there."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def why_unsafe(url: str) -> str:
    """Return why credentials may not be sent to an address; empty if they may."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "has characters that an address cannot have"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    if not host:
        return "has no host"
    if "@" in parts.netloc:
        return "holds a user name or password; credentials come from the environment"
    if "?" in url or "#" in url:
        return "has a query or a fragment"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return ""
    return "is not https: credentials would travel in clear text"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
