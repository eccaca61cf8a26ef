"""What user SQL may not do: rules over DuckDB's syntax tree, each with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reportrunner.query import SqlIssue
from reportrunner.transform.tree import Tree, order_of, place

CLOCK = {
    "now": "timestamptz", "current_timestamp": "timestamptz", "get_current_timestamp": "timestamptz",
    "transaction_timestamp": "timestamptz", "localtimestamp": "timestamp", "current_localtimestamp": "timestamp",
    "current_date": "date", "today": "date", "current_time": "timetz", "get_current_time": "timetz",
    "localtime": "time", "current_localtime": "time",
}  # fmt: skip
"""Functions of the clock, each with its type; inside SQL they answer with as_of."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RANDOM = _words("random setseed uuid gen_random_uuid uuidv4 uuidv7 reservoir_quantile")
MACHINE = _words("""
    nextval currval setval txid_current current_connection_id current_query_id current_transaction_id current_query
    getvariable current_setting getenv stats vector_type write_log sleep_ms pg_sleep version in_search_path
    current_user user session_user current_role current_database current_catalog current_schema current_schemas
    pg_postmaster_start_time pg_conf_load_time json_serialize_plan get_block_size pg_my_temp_schema
""")
ARRIVAL = _words("""
    string_agg listagg group_concat list array_agg first last any_value arbitrary mode arg_min arg_max argmin argmax
    min_by max_by arg_min_null arg_max_null arg_min_nulls_last arg_max_nulls_last json_group_array json_group_object
    approx_quantile approx_top_k row_number ntile lag lead first_value last_value nth_value
""")
"""Functions whose answer hangs on the order in which rows arrive, unless they say an order."""
TABLE_FUNCTIONS = _words("generate_series range unnest json_each json_tree")
_CATALOGUES = _words("system main pg_catalog temp memory information_schema out")


def judge(node: Tree, sql: str) -> Iterator[SqlIssue]:
    """Yield what one node of a query does and may not."""
    offset, width = place(node, sql)
    kind = node.get("type")
    if node.get("class") in {"FUNCTION", "WINDOW"}:
        yield from (replace(issue, offset=offset, width=width) for issue in _judge_function(node))
    elif node.get("class") == "PARAMETER" and str(node["identifier"]).isdigit():
        yield SqlIssue("there is no value for this place", offset, "write {{ params.name }}", width)
    elif kind == "TABLE_FUNCTION":
        name = node["function"].get("function_name", "").lower()
        if name not in TABLE_FUNCTIONS:
            hint = "declare it as a dataset: file = ..." if name.startswith(("read_", "parquet", "glob")) else ""
            yield SqlIssue(f"{name}() may not be used: SQL reads datasets only", offset, hint, width)
    elif kind == "BASE_TABLE" and len(node["qualified_name"]["path"]) > 1:
        yield SqlIssue("a dataset is named without a schema", offset, f"write {node['table_name']}", width)
    elif kind == "SHOW_REF":
        yield SqlIssue("a dataset is one SELECT statement", 0, "describe, show and summarize give none")
    if node.get("sample"):
        yield SqlIssue("a sample gives other rows on every run", offset, "use a where clause", width)
    distinct = next((m for m in node.get("modifiers") or [] if m.get("distinct_on_targets")), None)
    if distinct and order_of(node) is None:
        offset, width = place(distinct["distinct_on_targets"][0], sql)
        yield SqlIssue("distinct on keeps whichever row arrives first", offset, "add order by to it", width)


def _judge_function(node: Tree) -> Iterator[SqlIssue]:
    name = node["function_name"].lower()
    path = node["qualified_name"]["path"]
    given = len(node["arguments"]) + (len(path) > 1)
    if any(part.lower() in _CATALOGUES for part in path[:-1]):
        yield SqlIssue("a function is named without a schema", hint=f"write {name}()")
    elif name in RANDOM:
        yield SqlIssue(
            f"{name}() gives other values on every run", hint="use a column, or row_number() over (order by ...)"
        )
    elif name in MACHINE or name.startswith(("inet_", "has_", "pg_get_")):
        yield SqlIssue(f"{name}() asks about the machine, not about the data", hint="use a param instead")
    elif name == "ago" or (name == "age" and given == 1):
        yield SqlIssue(f"{name}() with one argument reads the clock", hint="write it with now(), which is as_of")
    elif name in ARRIVAL and not _says_order(node):
        hint = f"write {name}(...) over (order by ...)" if node["class"] == "WINDOW" else _with_order(name)
        yield SqlIssue(f"{name}() without an order depends on which row arrives first", hint=hint)


def _says_order(node: Tree) -> bool:
    return bool((node.get("order_bys") or {}).get("orders") or node.get("orders") or node.get("arg_orders"))


def _with_order(name: str) -> str:
    if name.startswith("json_group"):
        return "write to_json(list(... order by ...))"
    also = ", or min(...)" if name in {"any_value", "arbitrary", "first"} else ""
    return f"write {name}(... order by ...){also}"
