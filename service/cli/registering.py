"""`evidence-graph registries update`: newer registers of organisations."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from service.cli.common import Data, Stopped, out, settings, shown

ABOUT = "organisations.json"
"""What the register in the data folder was made of, and when."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="The registers of organisations that names are looked up in.", no_args_is_help=True)
    group.command("update")(update)
    group.command("show")(show)
    app.add_typer(group, name="registries")


def update(
    ror: Annotated[str, typer.Option(help="A dump of ROR: file or URL; zip, gzip or plain.")] = "",
    ods: Annotated[
        list[str] | None, typer.Option(help="The ODS list of NHS trusts (etr): file or URL; again for older editions.")
    ] = None,
    data: Data = None,
) -> None:
    """Make the register of organisations anew from newer lists, and link everything by it.

    The register in use stays where the new one cannot be read, has wrong identifiers or lacks what the old one had.
    """
    from loaders.linking import registries, registry
    from service.cli.workspace import workspace

    if not ror and not ods:
        raise Stopped("give --ror, --ods or both: a file or a URL")
    chosen = settings(data=data)
    target = chosen.data / registry.FILE
    registry.CHOSEN = target
    with TemporaryDirectory() as folder:
        places = [_had(source, Path(folder) / str(n)) for n, source in enumerate([ror, *(ods or [])]) if source]
        present = registry.read(registry.packed())
        try:
            text = registries.build(places[0] if ror else None, places[bool(ror) :], present)
            made = registries.check(text, present)
        except registries.BadRegister as wrong:
            raise Stopped(f"the new register {wrong}; the one in use stays") from None
        about = {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "organisations": len(made.entries),
            "from": [
                {"source": source, "sha256": sha256(place.read_bytes()).hexdigest()}
                for source, place in zip([s for s in (ror, *(ods or [])) if s], places, strict=True)
            ],
        }
    registries.replace(text, target)
    (chosen.data / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    new, gone = made.by_id.keys() - present.by_id.keys(), present.by_id.keys() - made.by_id.keys()
    out.print(f"{len(made.entries):,} organisations: {len(new):,} identifiers new, {len(gone):,} gone")
    if (chosen.data / "archive.sqlite").exists():
        out.print("linking everything by it …")
        with workspace(chosen):
            pass


def show(data: Data = None) -> None:
    """What the register in use was made of, and when."""
    from loaders.linking import registry

    chosen = settings(data=data)
    registry.CHOSEN = chosen.data / registry.FILE
    about: dict[str, Any] = {"register": "shipped"}
    if registry.CHOSEN.is_file() and (chosen.data / ABOUT).is_file():
        about = {"register": str(registry.CHOSEN)} | json.loads((chosen.data / ABOUT).read_text())
    count = len(registry.read(registry.packed()).entries)
    typer.echo(json.dumps(about | {"organisations": count}, indent=1))


def _had(source: str, to: Path) -> Path:
    """A file as it is; what is at a URL, fetched."""
    if not source.startswith(("http://", "https://")):
        if not Path(source).is_file():
            raise Stopped(f"there is no file {source}")
        return Path(source)
    import httpx

    try:
        with httpx.stream("GET", source, follow_redirects=True, timeout=60) as answer:
            answer.raise_for_status()
            total = int(answer.headers.get("content-length") or 0)
            with to.open("wb") as file, shown(False, total, "bytes") as advance:
                for part in answer.iter_bytes():
                    file.write(part)
                    advance(source, answer.num_bytes_downloaded)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Stopped(f"{source}: {error}") from None
    return to
