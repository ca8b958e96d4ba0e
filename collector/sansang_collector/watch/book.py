# SPDX-License-Identifier: Apache-2.0
"""The entries of one site as they are written: begun, ended, named, and which explains which."""

from collections.abc import Collection

from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.roots import root_of

Clues = tuple[tuple[str, int], ...]


class Book:
    """`entries`: open ones, those that changed since they were last taken, and those that a silence
    explains which lasts; `changed`: which did, a key without an entry is one that is no more;
    `open`: of what is open the newest entry.
    """

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.changed: set[Key] = set()
        self.open: dict[Thing, Key] = {}

    def take(self, silent: Collection[Key]) -> dict[Key, Entry | None]:
        """What changed since this was last asked; None for an entry that is no more. What has ended
        is let go of, once it is known what a silence that explains it was. `silent`: those that
        last.
        """
        found = {key: self.entries.get(key) for key in self.changed}
        self.changed.clear()
        for key, entry in list(self.entries.items()):
            if entry.end is not None and entry.root not in silent:
                del self.entries[key]
        return found

    def opened(self, thing: Thing) -> Entry | None:
        """The open entry about it."""
        key = self.open.get(thing)
        return None if key is None else self.entries[key]

    def resume(self, entry: Entry) -> None:
        """One that lasts, as it was taken before: no change."""
        self.open[entry.key.thing] = entry.key
        self.entries[entry.key] = entry

    def begin(self, entry: Entry) -> None:
        """One that lasts."""
        self.open[entry.key.thing] = entry.key
        self._put(entry)

    def close(self, thing: Thing, end: int, clues: Clues | None) -> None:
        """The open entry about it, if there is one, has ended; `clues` if there are newer ones."""
        key = self.open.pop(thing, None)
        if key is None:
            return
        if end <= key.start:
            self._drop(key)
            return
        entry = self.entries[key]
        known = clues is not None and entry.state != "unknown"
        self._put(entry._replace(end=end, clues=clues if known else entry.clues))

    def explain(self, entry: Entry, cause: Cause | None, clues: Clues) -> None:
        """More clues mean another cause."""
        self._put(entry._replace(cause=cause, clues=clues))
        self.relate()

    def end_silence(self, silent: Key | None, entry: Entry) -> None:
        """The entry about a silence gets its end and its name; what it explained follows it."""
        if silent is not None:
            self.open.pop(silent.thing, None)
            if silent != entry.key:
                self._drop(silent)
        if (entry.end or 0) <= entry.key.start:
            return
        self._put(entry)
        for each in list(self.entries.values()):
            if silent is not None and each.root == silent:
                self._put(each._replace(root=entry.key, cause=entry.cause))

    def relate(self) -> None:
        """Which open entry explains which: one cause is told once."""
        for key in self.open.values():
            entry = self.entries[key]
            if entry.state == "unknown" or entry.root is not None:
                continue
            opened = {thing: self.entries[each] for thing, each in self.open.items()}
            root = root_of(entry, opened)
            if root is not None:
                self._put(entry._replace(root=root))

    def _put(self, entry: Entry) -> None:
        self.entries[entry.key] = entry
        self.changed.add(entry.key)

    def _drop(self, key: Key) -> None:
        self.entries.pop(key, None)
        self.changed.add(key)
