"""What a restore puts in the place of everything else in a data folder.

It lies whole in `restored/` before anything is moved. Each step may be interrupted and is then done again.
"""

import json
import shutil
from typing import TYPE_CHECKING

from service.store.durable import sync

if TYPE_CHECKING:
    from service.store.folder import Folder

CONTENTS = "contents.json"
"""The names of the databases and registers that a restore leaves in the folder."""
REGISTERS = "organisations.*"


class Restored:
    """The `restored/` of a data folder that is held."""

    def __init__(self, folder: "Folder") -> None:
        self._folder = folder
        self.path = folder.path / "restored"

    def take(self) -> None:
        """Put everything in its place."""
        self.take_databases()
        self.take_registers()
        self.take_graph()
        self.forget()

    def names(self, kind: str) -> list[str]:
        """What the folder is to have of "databases" or "registers"."""
        names: list[str] = json.loads((self.path / CONTENTS).read_text())[kind]
        return names

    def take_databases(self) -> None:
        """Put its databases in the place of all that are in the folder. Nobody may have them open."""
        kept = self.names("databases")
        for file in self._folder.path.glob("*.sqlite*"):
            name = file.name.partition(".sqlite")[0] + ".sqlite"
            if name not in kept or ((self.path / name).exists() and file.name != name):
                file.unlink()  # a log of the old state would be played into the new one
        for database in self.path.glob("*.sqlite"):
            database.rename(self._folder.path / database.name)

    def take_registers(self) -> None:
        """Put its registers in the place of those that are in the folder."""
        kept = self.names("registers")
        for file in self._folder.path.glob(REGISTERS):
            if file.name not in kept:
                file.unlink()
        for register in self.path.glob(REGISTERS):
            register.rename(self._folder.path / register.name)

    def take_graph(self) -> None:
        """Put its store and its snapshot in their places. Nobody may have the store open."""
        folder = self._folder
        for snapshot in (self.path / "snapshots").iterdir():
            snapshot.rename(folder.snapshot(int(snapshot.name)))
        if (self.path / "store").exists():
            shutil.rmtree(folder.store, ignore_errors=True)
            (self.path / "store").rename(folder.store)
        for file in folder.loading:
            file.unlink()
        folder.untidy.touch()
        folder.unmark()
        sync(folder.snapshots)

    def forget(self) -> None:
        """All of it is in its place."""
        sync(self._folder.path)
        done = self._folder.path / "restored.done"  # half of it gone is no longer a restore to be finished
        self.path.rename(done)
        shutil.rmtree(done)
