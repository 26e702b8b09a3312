"""What operators, containers and comprehensions hold, from what their parts hold."""

from __future__ import annotations

import ast
from typing import Any

from contract_kinds import PLAIN, UNKNOWN, Each, Several, either, item_of


class Operators:
    """Expressions made of others; a base of those that make the parts out."""

    of_self: dict[str, Any]

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """Tell what an expression holds."""
        raise NotImplementedError

    def function(self, node: Any, outer: dict[str, Any], *, places: bool = False) -> None:
        """Walk through a function or a lambda."""
        raise NotImplementedError

    def others(self, node: ast.AST, names: dict[str, Any]) -> None:
        """Walk through whatever a node consists of."""
        raise NotImplementedError

    def bind(self, target: ast.expr, held: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = held
        elif isinstance(target, ast.Starred):
            self.bind(target.value, Each(held), names)
        elif isinstance(target, ast.Tuple | ast.List):
            for i, part in enumerate(target.elts):
                one = held.items[i] if isinstance(held, Several) and i < len(held.items) else None
                self.bind(part, one if one is not None else item_of(held), names)
        elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            self.of_self[target.attr] = held
        else:
            self.value(target, names)

    def _binop(self, node: ast.BinOp, names: dict[str, Any]) -> Any:
        return either(self.value(node.left, names), self.value(node.right, names))

    def _unaryop(self, node: ast.UnaryOp, names: dict[str, Any]) -> Any:
        return self.value(node.operand, names)

    def _compare(self, node: ast.Compare, names: dict[str, Any]) -> Any:
        held = self.value(node.left, names)
        for other in node.comparators:
            held = either(held, self.value(other, names))
        return held

    def _boolop(self, node: ast.BoolOp, names: dict[str, Any]) -> Any:
        return [self.value(v, names) for v in node.values][-1]

    def _ifexp(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        self.value(node.test, names)
        return either(self.value(node.body, names), self.value(node.orelse, names))

    def _subscript(self, node: ast.Subscript, names: dict[str, Any]) -> Any:
        held = self.value(node.value, names)
        self.value(node.slice, names)
        if isinstance(held, Several) and isinstance(node.slice, ast.Constant):
            return held.items[node.slice.value]
        if isinstance(held, Each | Several) and not isinstance(node.slice, ast.Slice):
            return item_of(held)
        return held

    def _tuple(self, node: ast.Tuple | ast.List, names: dict[str, Any]) -> Any:
        held = [self.value(e, names) for e in node.elts]
        if any(isinstance(e, ast.Starred) for e in node.elts):
            return Each(either(*(item_of(h) if isinstance(h, Each) else h for h in held)))
        return Several(tuple(held))

    def _list(self, node: ast.List, names: dict[str, Any]) -> Any:
        held = [self.value(e, names) for e in node.elts]
        return Each(either(*held)) if held else Each(UNKNOWN)

    def _starred(self, node: ast.Starred, names: dict[str, Any]) -> Any:
        return self.value(node.value, names)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp, names: dict[str, Any]) -> Any:
        inner = dict(names)
        for generator in node.generators:
            self.bind(generator.target, item_of(self.value(generator.iter, inner)), inner)
            for condition in generator.ifs:
                self.value(condition, inner)
        return Each(self.value(node.elt, inner))

    _generatorexp = _listcomp
    _setcomp = _listcomp

    def _dictcomp(self, node: ast.DictComp, names: dict[str, Any]) -> Any:
        inner = dict(names)
        for generator in node.generators:
            self.bind(generator.target, item_of(self.value(generator.iter, inner)), inner)
            for condition in generator.ifs:
                self.value(condition, inner)
        self.value(node.key, inner)
        self.value(node.value, inner)
        return PLAIN

    def _lambda(self, node: ast.Lambda, names: dict[str, Any]) -> Any:
        self.function(node, names)
        return PLAIN

    def _namedexpr(self, node: ast.NamedExpr, names: dict[str, Any]) -> Any:
        names[node.target.id] = self.value(node.value, names)
        return names[node.target.id]
