"""Count the functions that a call is passed on to, from the rollout's router through all branches.

``python -m tests.repository.call_path`` prints them by module. A *stop* is a function that gets the
call, its scope or its request as an argument; a *return* is a stop in a module that was entered
before. Only the rollout is followed: the reverse proxy and the routes of the edge are not entered.

There are two counts: of the branches that answer the caller, and of all branches, those of
comparisons included, which have a copy of the call (``ComparedCall``).
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROLLOUT = Path(__file__).parents[2] / "api_edge" / "rollout"

#: Parameters of these types are the call that is answered.
ANSWERED = frozenset({"Call", "Scope", "Request"})

#: The same, and the copy of a call that is compared.
ANSWERED_OR_COMPARED = ANSWERED | {"ComparedCall"}

#: Calls that return the same request in another shape.
COPIES = frozenset({"Call", "Request", "replace", "with_copied_body", "as_shadow", "from_call"})

Function = ast.FunctionDef | ast.AsyncFunctionDef
Stop = tuple[str, str]


def stops(types: frozenset[str] = ANSWERED) -> list[Stop]:
    """Return the module and name of each function that the call reaches as one of ``types``."""
    known: dict[str, list[tuple[Stop, Function]]] = {}
    for path in sorted(ROLLOUT.rglob("*.py")):
        for owner, function in _functions(ast.parse(path.read_text())):
            if _call_parameters(function, types):
                stop = path.stem, f"{owner}{function.name}"
                known.setdefault(function.name, []).append((stop, function))
    start = next(found for found in known["__call__"] if found[0][1] == "StageRouter.__call__")
    # The router hands a call to one of its handlers, of which each is as good as called by it.
    router = ast.parse((ROLLOUT / "router.py").read_text())
    reached, waiting = [start[0]], [start[1]]
    names = list(_handlers(router))
    while waiting or names:
        if waiting:
            names += _called_with_the_call(waiting.pop(), types)
        while names:
            for stop, function in known.get(names.pop(), []):
                if stop not in reached and function.name != "__call__":
                    reached.append(stop)
                    waiting.append(function)
    return reached


def returns(reached: list[Stop]) -> int:
    return len(reached) - len({module for module, _ in reached})


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.", member) for member in node.body if isinstance(member, Function)
            )


def _call_parameters(function: Function, types: frozenset[str]) -> set[str]:
    return {
        parameter.arg
        for parameter in (*function.args.args, *function.args.kwonlyargs)
        if isinstance(parameter.annotation, ast.Name) and parameter.annotation.id in types
    }


def _handlers(router: ast.Module) -> Iterator[str]:
    for node in ast.walk(router):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "self._handlers":
            assert isinstance(node.value, ast.Dict)
            yield from (ast.unparse(value).rpartition(".")[2] for value in node.value.values)


def _called_with_the_call(function: Function, types: frozenset[str]) -> Iterator[str]:
    """Yield the names of all functions that ``function`` passes the call to."""
    tracked = _call_parameters(function, types)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _is_the_call(node.value, tracked):
            tracked |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and any(_is_the_call(one, tracked) for one in _given(node)):
            yield _name(node)


def _is_the_call(node: ast.AST, tracked: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in tracked
    if isinstance(node, ast.Attribute):
        return node.attr == "scope" and _is_the_call(node.value, tracked)
    if isinstance(node, ast.Call) and _name(node) in COPIES:
        receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return any(_is_the_call(one, tracked) for one in (*receiver, *_given(node)))
    return False


def _given(node: ast.Call) -> list[ast.AST]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _name(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


if __name__ == "__main__":
    for title, types in {"answered": ANSWERED, "compared too": ANSWERED_OR_COMPARED}.items():
        reached = stops(types)
        print(f"{title}: {len(reached)} stops, {returns(reached)} returns")
        for module, count in Counter(module for module, _ in reached).items():
            print(
                f"{count:3d}  {module}: {', '.join(name for at, name in reached if at == module)}"
            )
