"""A cache of encoded answers, or parts of them, in one process, bounded by their bytes."""

from collections import OrderedDict
from collections.abc import Sized
from typing import Generic, TypeVar

Key = TypeVar("Key")
Version = TypeVar("Version")
Content = TypeVar("Content", bound=Sized)

#: What an entry takes beside its JSON: its key and version, which a test measures.
ENTRY_BYTES = 3 * 1024


class AnswerMemory(Generic[Key, Version, Content]):
    """An LRU cache of the JSON of answers by key, each entry with the version of its data.

    An entry counts as the bytes of its JSON and ``ENTRY_BYTES``, because of short answers the key
    takes most of the memory. Do not use keys that callers can make longer than that.
    """

    def __init__(self, *, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes_held = 0
        self._answers: OrderedDict[Key, tuple[Version, Content]] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._answers

    def get(self, key: Key, version: Version) -> Content | None:
        """Return the cached answer of this version; None where it is of another or not cached."""
        known = self._answers.get(key)
        if known is None or known[0] != version:
            return None
        self._answers.move_to_end(key)
        return known[1]

    def remember(self, key: Key, version: Version, content: Content) -> None:
        """Cache an answer, in place of that of any other version."""
        self._forget(key)
        taken = _bytes_taken(content)
        if taken > self.most_bytes:
            return
        self._answers[key] = (version, content)
        self.bytes_held += taken
        while self.bytes_held > self.most_bytes:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        if key in self._answers:
            self.bytes_held -= _bytes_taken(self._answers.pop(key)[1])


def _bytes_taken(content: Sized) -> int:
    return ENTRY_BYTES + len(content)
