"""Count the functions that a call is passed on to, from the rollout's router through all branches.

``python -m tests.repository.call_path`` prints them by module. A *stop* is a function that gets the
call, its scope or its request as an argument; a *return* is a stop in a module that was entered
before. A constructor that keeps the call is a stop as well, and what its class passes the call to.
Only the rollout is followed: the reverse proxy, the routes of the edge and the messages to sandbox
processes (``DryRunRequest``) are not entered.

There are two counts: of the branches that answer the caller, and of all branches, those of
comparisons included, which have a copy of the call (``ComparedCall``). What is recorded of a call,
its ``ComparisonContext``, holds nothing of the request and is not followed.
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
COPIES = frozenset(
    {"Call", "Request", "replace", "with_copied_body", "as_shadow", "copy_for_comparison"}
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Stop = tuple[str, str]


def stops(types: frozenset[str] = ANSWERED) -> list[Stop]:
    """Return the module and name of each function that the call reaches as one of ``types``."""
    known: dict[str, list[tuple[Stop, Function | ast.ClassDef]]] = {}
    for path in sorted(ROLLOUT.rglob("*.py")):
        for owner, function in _functions(ast.parse(path.read_text())):
            if _call_parameters(function, types):
                stop = path.stem, f"{owner.name}.{function.name}" if owner else function.name
                # What a constructor keeps is passed on by any method of its class.
                followed = owner if owner and function.name == "__init__" else function
                known.setdefault(followed.name, []).append((stop, followed))
    start = next(found for found in known["__call__"] if found[0][1] == "StageRouter.__call__")
    # The router hands a call to one of its handlers, of which each is as good as called by it.
    router = ast.parse((ROLLOUT / "router.py").read_text())
    reached, waiting = [start[0]], [start[1]]
    names = list(_handlers(router))
    while waiting or names:
        if waiting:
            names += _called_with_the_call(waiting.pop(), types)
        while names:
            for stop, followed in known.get(names.pop(), []):
                if stop not in reached and not stop[1].endswith("__call__"):
                    reached.append(stop)
                    waiting.append(followed)
    return reached


def returns(reached: list[Stop]) -> int:
    return len(reached) - len({module for module, _ in reached})


def _functions(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            yield from ((node, member) for member in node.body if isinstance(member, Function))


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


def _called_with_the_call(
    followed: Function | ast.ClassDef, types: frozenset[str]
) -> Iterator[str]:
    """Yield the names of all functions that a function, or any method, passes the call to."""
    if isinstance(followed, ast.ClassDef):
        functions = [member for member in followed.body if isinstance(member, Function)]
    else:
        functions = [followed]
    kept: set[str] = set()
    for function in functions:
        tracked = _call_parameters(function, types) | kept
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                names = {
                    ast.unparse(target)
                    for target, value in _assigned(node)
                    if _is_the_call(value, tracked)
                }
                tracked |= names
                kept |= {name for name in names if name.startswith("self.")}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and any(
                _is_the_call(one, tracked) for one in _given(node)
            ):
                yield _name(node)


def _assigned(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each target with its value, those of ``one, two = first, second`` singly."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def _is_the_call(node: ast.AST, tracked: set[str]) -> bool:
    if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in tracked:
        return True
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
