"""The core and marts SQL for other engines: macros put in, then transpiled by sqlglot.

DuckDB evaluates a macro once for each row it is laterally joined to. Few engines can do that, so
here such a call becomes an ordinary join: the macro's query is run once for all distinct argument
rows, which it carries through every step as further columns (in joins, groups and windows).
Nothing is executed here.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import sqlglot
from sqlglot import exp

from pipelines.tables import Macro, Table

ASKED = "asked_rows"
KEY = "asked_"
#: Reads the table whose name it is given.
QUERY_TABLE = "query_table("


class NotPortable(Exception):
    """SQL that cannot be said on another engine; the message says where and why."""


def portable_select(table: Table, macros: Mapping[str, Macro], dialect: str = "spark") -> str:
    """A table's query for `dialect`, self-contained. Raises NotPortable."""
    return transpiled(table.select, macros, dialect, str(table.path.name))


@dataclass(frozen=True)
class Steps:
    """A table's query, cut where a part of it is read more than once."""

    #: View and query of each such part, in an order in which they can be computed.
    parts: tuple[tuple[str, str], ...]
    query: str
    #: Tables of the warehouse that any of them reads.
    reads: frozenset[str]


def portable_steps(
    table: Table,
    macros: Mapping[str, Macro],
    view_name: Callable[[str], str],
    dialect: str = "spark",
) -> Steps:
    """A table's query over views called `view_name(table)`. Raises NotPortable.

    Engines put a CTE in wherever it is read: one that is read twice by one that is read twice is
    computed four times. So each that is read more than once is a part of its own.
    """
    where = str(table.path.name)
    tree = _expanded(table.select, macros, where)
    reads = set()
    for relation in tree.find_all(exp.Table):
        if relation.db:
            name = f"{relation.db}.{relation.name}"
            reads.add(name)
            _point(relation, view_name(name))
    ctes: dict[str, exp.CTE] = {}
    _lift(tree, ctes)
    read = Counter(r.name for q in (tree, *ctes.values()) for r in q.find_all(exp.Table))
    views = {
        name: view_name(f"{table.full_name}.{name}")
        for name, cte in ctes.items()
        if read[name] > 1 and not cte.alias_column_names
    }
    inline = {name: cte for name, cte in ctes.items() if name not in views}
    for query in (tree, *ctes.values()):
        for relation in query.find_all(exp.Table):
            if relation.name in views:
                _point(relation, views[relation.name])
    parts = tuple(
        (view, _said(_with(ctes[name].this, inline), dialect, where))
        for name, view in views.items()
    )
    return Steps(parts, _said(_with(tree, inline), dialect, where), frozenset(reads))


def _point(relation: exp.Table, view: str) -> None:
    """Let `relation` read a view, under the name it had."""
    if not relation.alias:
        relation.set("alias", exp.TableAlias(this=exp.to_identifier(relation.name)))
    relation.set("db", None)
    relation.set("this", exp.to_identifier(view))


def _lift(query: exp.Expr, ctes: dict[str, exp.CTE]) -> None:
    """Take the CTEs out of a query and all below it, those first that others read."""
    name = _with_argument(query)
    own = query.args.get(name)
    query.set(name, None)
    for cte in own.expressions if own else []:
        _lift(cte.this, ctes)
        if cte.alias in ctes:
            raise NotPortable(f"two CTEs are called {cte.alias}")
        ctes[cte.alias] = cte
    while (nested := query.find(exp.With)) is not None:
        assert nested.parent is not None
        _lift(nested.parent, ctes)


def _with(query: exp.Expr, ctes: Mapping[str, exp.CTE]) -> exp.Expr:
    """`query` with those of `ctes` before it that it needs."""
    needed: set[str] = set()
    waiting = [query]
    while waiting:
        found = {r.name for r in waiting.pop().find_all(exp.Table)} & set(ctes) - needed
        needed |= found
        waiting.extend(ctes[name] for name in found)
    query = query.copy()
    for name in reversed([name for name in ctes if name in needed]):
        _put_first(query, ctes[name].copy())
    return query


def _with_argument(query: exp.Expr) -> str:
    return "with_" if "with_" in query.arg_types else "with"


def transpiled(query: str, macros: Mapping[str, Macro], dialect: str, where: str = "query") -> str:
    """`query` (DuckDB's SQL, aliases everywhere) for `dialect`. Raises NotPortable."""
    return _said(_expanded(query, macros, where), dialect, where)


def _expanded(query: str, macros: Mapping[str, Macro], where: str) -> exp.Expr:
    tree = sqlglot.parse_one(query, read="duckdb")
    try:
        _Inliner(macros).expand(tree)
        _list_series(tree)
    except NotPortable as error:
        raise NotPortable(f"{where}: {error}") from error
    return tree


def _list_series(tree: exp.Expr) -> None:
    """Say a series of numbers or days as a list taken apart, which every engine has."""
    for table in list(tree.find_all(exp.Table)):
        series = table.this
        if not isinstance(series, exp.GenerateSeries):
            continue
        if series.find(exp.Column) or len(table.alias_column_names) != 1:
            raise NotPortable("a series must have fixed bounds and one named column")
        rows = exp.select(exp.alias_(exp.Explode(this=series.copy()), table.alias_column_names[0]))
        table.replace(
            exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier(table.alias)))
        )


def _said(tree: exp.Expr, dialect: str, where: str) -> str:
    try:
        return tree.sql(dialect=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.UnsupportedError as error:
        raise NotPortable(f"{where}: {error}") from error


class _Inliner:
    """Puts macros into a tree, each under names of its own."""

    def __init__(self, macros: Mapping[str, Macro]):
        self.macros = {name: macro for name, macro in macros.items() if "." not in name}
        self.numbers = count(1)

    def expand(self, tree: exp.Expr) -> None:
        """Replace every macro call below `tree`, innermost macros first, in place."""
        for call in list(tree.find_all(exp.Anonymous)):
            name = call.name.lower()
            if name in self.macros and not isinstance(call.parent, exp.Table):
                call.replace(exp.Paren(this=self._scalar(self.macros[name], call.expressions)))
        while (found := self._next_call(tree)) is not None:
            self._table(found)

    def _next_call(self, tree: exp.Expr) -> exp.Table | None:
        for table in tree.find_all(exp.Table):
            inner = table.this
            if isinstance(inner, exp.Anonymous) and inner.name.lower() in self.macros:
                return table
        return None

    def _body(self, macro: Macro) -> exp.Expr:
        text = re.split(r"\)\s+as\s+", macro.statement, maxsplit=1)[1]
        is_table = re.match(r"table\b", text)
        tree = sqlglot.parse_one(
            text.removeprefix("table") if is_table else f"select {text}", read="duckdb"
        )
        if is_table:
            self._rename_ctes(tree, f"{macro.name}_{next(self.numbers)}_")
        self.expand(tree)
        return tree

    def _rename_ctes(self, tree: exp.Expr, prefix: str) -> None:
        names = {cte.alias for cte in tree.find_all(exp.CTE)}
        for cte in tree.find_all(exp.CTE):
            cte.set("alias", exp.TableAlias(this=exp.to_identifier(prefix + cte.alias)))
        for table in tree.find_all(exp.Table):
            if not table.db and table.name in names:
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
                table.set("this", exp.to_identifier(prefix + table.name))
        for call in tree.find_all(exp.Anonymous):  # a table may be given by its name
            macro = self.macros.get(call.name.lower())
            if macro is not None and QUERY_TABLE in macro.statement:
                for given in call.expressions:
                    if isinstance(given, exp.Literal) and given.name in names:
                        given.replace(exp.Literal.string(prefix + given.name))

    def _scalar(self, macro: Macro, arguments: Sequence[exp.Expr]) -> exp.Expr:
        body = self._body(macro).expressions[0]
        values = dict(zip(macro.parameters, arguments, strict=True))
        return _substituted(body, values)

    def _table(self, table: exp.Table) -> None:
        call = table.this
        macro = self.macros[call.name.lower()]
        alias = table.alias or macro.name
        arguments = dict(zip(macro.parameters, call.expressions, strict=True))
        lateral = {
            name: value
            for name, value in arguments.items()
            if any(column.table for column in value.find_all(exp.Column))
        }
        body = self._body(macro)
        fixed = {name: value for name, value in arguments.items() if name not in lateral}
        body = _substituted(body, fixed)
        for named in list(body.find_all(exp.Table)):
            inner = named.this
            if isinstance(inner, exp.Anonymous) and inner.name.lower() == "query_table":
                named.set("this", exp.to_identifier(inner.expressions[0].name))
        if lateral:
            select = table.find_ancestor(exp.Select)
            assert select is not None
            number = next(self.numbers)
            keys = {name: f"{KEY}{name}_{number}" for name in lateral}
            asked = _numbered(
                _asked(select, table, lateral, keys), list(keys.values()), f"{KEY}row_{number}"
            )
            _Threader(keys, f"{ASKED}_{number}", f"{KEY}row_{number}").thread_query(body)
            _put_first(body, exp.CTE(
                this=asked, alias=exp.TableAlias(this=exp.to_identifier(f"{ASKED}_{number}"))
            ))  # fmt: skip
            join = table.parent
            if not isinstance(join, exp.Join):
                raise NotPortable(f"{macro.name} asked of rows must be joined to them")
            condition = exp.and_(
                *(
                    exp.EQ(this=_text(exp.column(keys[name], alias)), expression=_text(value))
                    for name, value in lateral.items()
                )
            )
            was = join.args.get("on")
            join.set("on", exp.and_(was, condition) if was else condition)
            if (join.args.get("kind") or "").upper() == "CROSS":
                join.set("kind", "INNER")
        table.replace(exp.Subquery(
            this=body, alias=exp.TableAlias(this=exp.to_identifier(alias))
        ))  # fmt: skip


def _substituted(tree: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """`tree` with parameters replaced by what was given for them."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in values:
            return values[node.name].copy()
        return node

    return tree.transform(replaced)


def _asked(
    select: exp.Select,
    table: exp.Table,
    lateral: Mapping[str, exp.Expr],
    keys: Mapping[str, str],
) -> exp.Select:
    """The distinct rows of arguments: what stands before the call, as the query narrows it."""
    source = _source(select)
    before = []
    for join in select.args.get("joins") or []:
        if join.this is table:
            break
        before.append(join.copy())
    known = {source.this.alias_or_name, *(join.this.alias_or_name for join in before)}
    asked = exp.Select().distinct()
    asked.set("expressions", [exp.alias_(v.copy(), keys[name]) for name, v in lateral.items()])
    asked.set("from_" if "from_" in select.arg_types else "from", source.copy())
    asked.set("joins", before)
    where = select.args.get("where")
    for part in _conjuncts(where.this) if where else []:
        if not part.find(exp.Select) and {c.table for c in part.find_all(exp.Column)} <= known:
            asked.where(part.copy(), copy=False)
    return asked


def _numbered(asked: exp.Select, columns: Sequence[str], row: str) -> exp.Select:
    """The asked rows with a number each: one column to join by, which is never null."""
    number = exp.Window(
        this=exp.RowNumber(), order=exp.Order(expressions=[exp.column(c, "a") for c in columns])
    )
    return exp.select(*(exp.column(c, "a") for c in columns), exp.alias_(number, row)).from_(
        exp.Subquery(this=asked, alias=exp.TableAlias(this=exp.to_identifier("a")))
    )


def _text(value: exp.Expr) -> exp.Expr:
    """A value as text that is never null, so that engines can join by its hash."""
    as_text = exp.Cast(this=value.copy(), to=exp.DataType.build("varchar"))
    return exp.Coalesce(this=as_text, expressions=[exp.Literal.string("null")])


def _source(select: exp.Select) -> exp.From:
    source = select.args.get("from_") or select.args.get("from")
    if not isinstance(source, exp.From):
        raise NotPortable("a step without FROM cannot be asked of many rows")
    return source


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _put_first(query: exp.Expr, cte: exp.CTE) -> None:
    name = _with_argument(query)
    found = query.args.get(name)
    if found is None:
        query.set(name, exp.With(expressions=[cte]))
    else:
        found.set("expressions", [cte, *found.expressions])


class _Threader:
    """Carries the columns of the asked rows through a query, step by step."""

    def __init__(self, keys: Mapping[str, str], asked: str, row: str):
        self.keys = keys
        self.asked = asked
        self.row = row
        self.carrying: set[str] = set()

    def thread_query(self, query: exp.Expr) -> None:
        """Make a whole query carry them."""
        self._thread(query, force=True)

    def _thread(self, node: exp.Expr, *, force: bool) -> bool:
        """Whether `node` carries the columns now; `force` makes it, needed or not."""
        with_ = node.args.get("with_") or node.args.get("with")
        for cte in with_.expressions if with_ else []:
            if self._thread(cte.this, force=False):
                self.carrying.add(cte.alias)
        if isinstance(node, exp.SetOperation):
            needed = force or self._depends(node.left) or self._depends(node.right)
            if needed:
                self._thread(node.left, force=True)
                self._thread(node.right, force=True)
            return needed
        if isinstance(node, exp.Subquery):
            return self._thread(node.this, force=force)
        if not isinstance(node, exp.Select):
            raise NotPortable(f"a {type(node).__name__} cannot be asked of many rows")
        if not force and not self._depends(node):
            return False
        self._thread_select(node)
        return True

    def _depends(self, node: exp.Expr) -> bool:
        """Whether a parameter, or a step that carries the columns, is anywhere below."""
        return any(
            not column.table and column.name in self.keys for column in node.find_all(exp.Column)
        ) or any(not table.db and table.name in self.carrying for table in node.find_all(exp.Table))

    def _thread_select(self, select: exp.Select) -> None:
        if select.args.get("limit") or select.args.get("offset"):
            raise NotPortable("LIMIT within a macro that is asked of many rows")
        source = _source(select)
        joins = select.args.get("joins") or []
        relations = [(source.this, None), *((join.this, join) for join in joins)]
        carrying: list[tuple[str, exp.Join | None]] = []
        for relation, join in relations:
            is_carrying = (
                self._thread(relation.this, force=False)
                if isinstance(relation, exp.Subquery)
                else isinstance(relation, exp.Table)
                and not relation.db
                and relation.name in self.carrying
            )
            if is_carrying:
                carrying.append((relation.alias_or_name, join))
        own = next((alias for alias, join in carrying if join is None), None)
        if own is None:
            sides = {str(join.args.get("side") or "").upper() for _, join in carrying if join}
            first = carrying[0] if carrying else None
            if first is not None and not sides - {""} and not any(
                (join.args.get("side") or "") for join in joins[: joins.index(first[1])]
            ):  # fmt: skip
                own = first[0]
        if own is None:
            own = f"{self.asked}_here"
            former = source.this.copy()
            source.set("this", exp.to_table(self.asked).as_(own))
            select.set("joins", [exp.Join(this=former, kind="CROSS"), *joins])
        for alias, join in carrying:
            if alias == own:
                continue
            assert join is not None
            same = exp.EQ(this=exp.column(self.row, alias), expression=exp.column(self.row, own))
            was = join.args.get("on")
            join.set("on", exp.and_(exp.paren(was), same) if was else same)
            if (join.args.get("kind") or "").upper() == "CROSS":
                join.set("kind", "INNER")
        self._replace_parameters(select, own)
        self._widen(select, own, {alias for alias, _ in carrying})

    def _replace_parameters(self, select: exp.Select, own: str) -> None:
        for column in list(select.find_all(exp.Column)):
            if not column.table and column.name in self.keys:
                column.replace(exp.column(self.keys[column.name], own))
        for nested in list(select.find_all(exp.Select)):
            if nested is select or _within_relation(nested, select):
                continue
            for table in nested.find_all(exp.Table):
                if not table.db and table.name in self.carrying:
                    nested.where(
                        exp.EQ(
                            this=exp.column(self.row, table.alias_or_name),
                            expression=exp.column(self.row, own),
                        ),
                        copy=False,
                    )

    def _widen(self, select: exp.Select, own: str, carrying: set[str]) -> None:
        columns = [exp.column(key, own) for key in (self.row, *self.keys.values())]
        stars = [
            e for e in select.expressions
            if isinstance(e, exp.Star) or (isinstance(e, exp.Column) and e.name == "*")
        ]  # fmt: skip
        starred = [
            e for e in stars
            if isinstance(e, exp.Star) or e.table in carrying
        ]  # fmt: skip
        if len(starred) > 1:
            raise NotPortable("two stars over steps that are asked of many rows")
        is_aggregate = any(
            aggregate.find_ancestor(exp.Select) is select and not _is_windowed(aggregate)
            for aggregate in select.find_all(exp.AggFunc)
        )
        if not starred:
            select.set(
                "expressions",
                [*select.expressions, *(exp.alias_(c.copy(), c.name) for c in columns)],
            )
        group = select.args.get("group")
        if group is not None:
            group.set("expressions", [*group.expressions, *(c.copy() for c in columns)])
        elif is_aggregate:
            select.set("group", exp.Group(expressions=[c.copy() for c in columns]))
        named = select.args.get("windows") or []
        windows = [
            w for w in select.find_all(exp.Window)
            if w.find_ancestor(exp.Select) is select
        ]  # fmt: skip
        for window in {id(w): w for w in [*named, *windows]}.values():
            refers = window.args.get("alias") is not None and window not in named
            if not refers:
                window.set(
                    "partition_by",
                    [columns[0].copy(), *(window.args.get("partition_by") or [])],
                )


def _is_windowed(aggregate: exp.Expr) -> bool:
    parent = aggregate.parent
    while isinstance(parent, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        parent = parent.parent
    return isinstance(parent, exp.Window) and parent.this is not None


def _within_relation(nested: exp.Select, select: exp.Select) -> bool:
    """Whether `nested` is (in) a derived table of `select`, which was threaded as a relation."""
    node = nested.parent
    while node is not None and node is not select:
        if isinstance(node, (exp.From, exp.Join, exp.CTE)):
            return True
        node = node.parent
    return False
