"""One exchange over HTTP under caps: size, time, and no way to another host."""

import zlib
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

import httpx

from loaders.harvest.service import Answer, Garbled, Refused, Request

ANSWER_LIMIT = 32 << 20
"""Bytes of the largest answer, unpacked. A page of 500 works with their references has about 5 MB."""
ANSWER_SECONDS = 300.0
"""From a request to the last byte of its answer: one that drips is given up."""
REDIRECTS = 5
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_MOVED = frozenset({301, 302, 303, 307, 308})


def exchange(client: httpx.Client, request: Request, now: Callable[[], float]) -> Answer:
    """The answer to a request.

    A redirect is followed only within the host that was asked, and never from https to http: an answer must not
    send us to other machines, of this network least of all. Raises Garbled for an answer that breaks off,
    Refused for one that is too large or leads elsewhere, httpx.TransportError where none comes.
    """
    url = httpx.URL(request.url).copy_merge_params(request.params)
    until = now() + ANSWER_SECONDS
    for _ in range(REDIRECTS):
        with client.stream(
            "POST" if request.form else "GET",
            url,
            headers=dict(request.headers),
            data=dict(request.form) if request.form else None,
        ) as response:
            if response.status_code in _MOVED and "location" in response.headers:
                url = _within_host(url, response.headers["location"])
                continue
            body = b"".join(_unpacked(response, until, now))
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, body, headers)
    raise Refused(f"{_shown(url)} leads on and on to other addresses of the same host")


def _within_host(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = httpx.URL(urljoin(str(url), location))
    except httpx.InvalidURL:
        raise Refused(f"{_shown(url)} leads to an address that is none") from None
    upgraded = url.scheme == "http" and target.scheme == "https" and url.port is None and target.port is None
    same = (url.scheme, url.port) == (target.scheme, target.port)
    if target.host.lower() != url.host.lower() or not (same or upgraded):
        raise Refused(f"{_shown(url)} leads to another place, {_shown(target)}: name that address if you trust it")
    return target


def _shown(url: httpx.URL) -> str:
    return str(url.copy_with(query=None, username=None, password=None))


def _unpacked(response: httpx.Response, until: float, now: Callable[[], float]) -> Iterable[bytes]:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise Garbled(f"the answer is packed as {encoding!r}, which was not asked for")
    packed = encoding not in ("identity", "")
    unpacker = zlib.decompressobj(47) if packed else None
    size = 0
    for chunk in response.iter_raw(1 << 16):
        if now() > until:
            raise Garbled(f"the answer was not through after {ANSWER_SECONDS:.0f} s")
        data = chunk
        if unpacker:
            try:
                data = unpacker.decompress(chunk, ANSWER_LIMIT - size + 1)
            except zlib.error:
                raise Garbled("the answer is packed in a broken way") from None
        size += len(data)
        if size > ANSWER_LIMIT:
            raise Refused(f"the answer has more than {ANSWER_LIMIT >> 20} MB: ask for less at once")
        yield data
    if unpacker and size and not unpacker.eof:
        raise Garbled("the answer ends in the middle")
