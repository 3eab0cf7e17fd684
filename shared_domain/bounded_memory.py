"""A bounded dictionary: beyond its size, the least recently used entry is dropped."""

from collections import OrderedDict
from typing import TypeVar, overload

Key = TypeVar("Key")
Value = TypeVar("Value")
Default = TypeVar("Default")


class BoundedMemory(OrderedDict[Key, Value]):
    """A dictionary of ``most`` entries, for values that can be computed again."""

    def __init__(self, *, most: int) -> None:
        super().__init__()
        self.most = most

    def __getitem__(self, key: Key) -> Value:
        value = super().__getitem__(key)
        self.move_to_end(key)
        return value

    @overload
    def get(self, key: Key, default: None = None) -> Value | None: ...
    @overload
    def get(self, key: Key, default: Value) -> Value: ...
    @overload
    def get(self, key: Key, default: Default) -> Value | Default: ...
    def get(self, key: Key, default: object = None) -> object:
        if key not in self:
            return default
        self.move_to_end(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)
