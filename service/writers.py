"""Who may write: bearer tokens, of which only hashes are kept."""

import hashlib
import hmac
import re
from collections.abc import Mapping

from service.problem import Problem
from service.settings import NO_FILE, BadSetting, Settings

CLOSED = {401: "No bearer token that is known here", 403: "Writing is off"}
"""How a writer may be refused, for OpenAPI."""
SINGLE = "writer"
"""The name of whoever has the one token of EVIDENCE_GRAPH_WRITE_TOKEN."""


class Writers:
    """The tokens of the settings. Raises BadSetting for a file that cannot be used.

    The file has a line `name sha256` for each writer, the hash in hexadecimal; `#` begins a comment.
    """

    def __init__(self, settings: Settings) -> None:
        self._hashes: list[tuple[str, bytes]] = []
        if settings.write_token:
            self._hashes.append((SINGLE, hashlib.sha256(settings.write_token.encode()).digest()))
        if settings.write_tokens != NO_FILE:
            self._hashes += _read(settings)

    def who(self, headers: Mapping[str, str]) -> str:
        """The writer's name. Raises Problem 401 or 403. Takes as long for a wrong token as for a right one."""
        if not self._hashes:
            raise Problem(403, "Writing is off", "The operator has given no EVIDENCE_GRAPH_WRITE_TOKEN.")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = hashlib.sha256(token.strip().encode()).digest()
        found = [name for name, known in self._hashes if hmac.compare_digest(known, given)]
        if scheme.lower() != "bearer" or not found:
            challenge = {"www-authenticate": 'Bearer realm="writing"'}
            raise Problem(401, "Not authorised", "Writing needs a bearer token that is known here.", challenge)
        return found[0]


def _read(settings: Settings) -> list[tuple[str, bytes]]:
    found = []
    try:
        lines = settings.write_tokens.read_text().splitlines()
    except OSError as error:
        raise BadSetting(f"EVIDENCE_GRAPH_WRITE_TOKENS: {error}") from None
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not re.fullmatch("[0-9a-fA-F]{64}", words[1]):
            raise BadSetting(
                f"EVIDENCE_GRAPH_WRITE_TOKENS: line {number} of {settings.write_tokens} is no `name sha256`"
            )
        found.append((words[0], bytes.fromhex(words[1])))
    return found
