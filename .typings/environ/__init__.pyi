from collections.abc import Mapping
from typing import Any

class Env:
    ENVIRON: Mapping[str, str]
    escape_proxy: bool
    def __init__(self, **scheme: Any) -> None: ...
    def __contains__(self, var: str) -> bool: ...
    def get_value(
        self, var: str, cast: Any = ..., default: Any = ..., parse_default: bool = False
    ) -> Any: ...
