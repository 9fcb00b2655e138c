"""What a person asks of a service: whether it can be asked, and how it is said."""

from urllib.parse import urlsplit

from loaders.harvest.service import Ask, Caller, Refused, Service


def check(service: Service, ask: Ask, caller: Caller) -> None:
    """Raises Refused for an ask that this service cannot be asked, before anything is sent."""
    if service.needs_contact and not caller.contact:
        raise Refused(f"{service.name} wants to know whom to write to: give your e-mail address with --contact")
    if caller.contact and not _is_address(caller.contact):
        raise Refused(f"{caller.contact!r} is no e-mail address")
    for part in ("query", "filter", "set", "prefix", "addresses"):
        if getattr(ask, part) and part not in service.takes:
            raise Refused(f"{service.name} knows no {part if part == 'addresses' else f'--{part}'}")
    if ask.url and "addresses" in service.takes:
        raise Refused(f"{service.name} takes the addresses of its pages as they are, without --url")
    if (len(ask.since) > 10 or len(ask.until) > 10) and "moment" not in service.takes:
        raise Refused(f"{service.name} lists by whole days: YYYY-MM-DD")
    wanted = {"changed"} if ask.changed or ask.update else {"published", "changed"} if ask.since or ask.until else set()
    if wanted and not wanted & service.dates:
        raise Refused(f"{service.name} cannot list by date{' of change' if service.dates else ''}")
    if ask.update and ask.until:
        raise Refused("--update takes everything since the last time: it has no --until")
    for address in (ask.url, *ask.addresses):
        parts = urlsplit(address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise Refused(f"{address!r} is no web address")
        if "@" in parts.netloc:
            raise Refused(
                "an address with a name and a password in it would be kept with what it gives: leave them out"
            )
    if ask.since and ask.until and ask.since[:10] > ask.until[:10]:
        raise Refused(f"--since {ask.since} is after --until {ask.until}")


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(at and name and "." in host) and text.isprintable() and not any(c in text for c in ' <>,;()"')


def shown(ask: Ask) -> str:
    """An ask in a person's words: "query burnout, since 2020-01-01"."""
    parts = ("query", "filter", "set", "prefix", "since", "until", "limit", "url")
    what = [f"{name} {value}" for name in parts if (value := getattr(ask, name))]
    what += [f"{len(ask.addresses):,} addresses"] if ask.addresses else []
    return ", ".join(what) or "everything"
