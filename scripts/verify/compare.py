#!/usr/bin/env python3
"""Compares a lake with its database, value by value.

    compare.py --database URL --lake FOLDER-OR-S3-URL [--config sluice.yaml] [--table NAME]...

PostgreSQL is the truth: its rows come as its own output functions print them. The lake is read twice, by pyarrow and by
DuckDB. Every row has to be in the object of its day exactly once, with every value; every object has to have the right
name, schema and footer; nothing else may be there that a reader would see. Exits 1 if anything differs.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter

import pyarrow.parquet

import carriers
import database
import lake
from database import Options

# Enough to see what is wrong without flooding the terminal.
SHOWN = 8


def compare(url, lake_url, tables=None, options={}, store=lake.Store(), readers=lake.READERS, others=False,
            where=None):
    """The differences, as sentences; none if the lake is right.

    `tables` are (schema, name) pairs, all of `public` if None. `options` maps such a pair to its Options. `others` says
    that the lake may have tables that are not compared. `where` restricts the rows that the lake is to have.
    """
    problems = []
    connection = database.connect(url)
    try:
        catalog = database.Catalog(connection)
        if tables is None:
            tables = [('public', name) for name in database.tables(connection)]
        with lake.opened(lake_url, store) as folder:
            present = lake.objects(folder)
            claimed = set()
            for schema, name in tables:
                table = database.describe(connection, catalog, schema, name, options.get((schema, name), Options()))
                prefix = table.lake_name + '/'
                mine = [path for path in present if path.startswith(prefix)]
                claimed.update(mine)
                found = compare_table(connection, table, folder, mine, readers, where)
                problems += [f'{schema}.{name}: {problem}' for problem in found]
            if not others:
                problems += [f'a reader would see {path}' for path in present if path not in claimed]
    finally:
        connection.close()
    return problems


def compare_table(connection, table, folder, present, readers, where):
    problems = []
    expected = {}
    for day, row in database.rows(connection, table, where):
        expected.setdefault(day, []).append(row)
    wanted = {database.object_name(table.lake_name, day): rows for day, rows in expected.items()}
    if table.partition_column is None and not wanted:
        # A table without days may show that it is empty.
        empty = database.object_name(table.lake_name, None)
        if empty in present:
            wanted[empty] = []
    problems += [f'{path} is missing' for path in sorted(set(wanted) - set(present))]
    problems += [f'{path} should not be there' for path in sorted(set(present) - set(wanted))]
    for path in sorted(set(wanted) & set(present)):
        try:
            found = compare_object(table, os.path.join(folder, path), wanted[path], readers)
        except Exception as error:
            found = [f'cannot be read: {type(error).__name__}: {error}']
        problems += [f'{path}: {problem}' for problem in found]
    return problems


def compare_object(table, path, expected, readers):
    file = pyarrow.parquet.ParquetFile(path)
    with file:
        leaves, metadata = lake.declared(file), file.metadata
    rescues = any(column.carrier.may_rescue for column in table.columns)
    problems = compare_schema(table, leaves, rescues) + compare_footer(table, metadata)
    if problems:
        return problems
    columns = [(column.name, column.carrier) for column in table.columns] + [('_lsn', carriers.Integer(64))]
    if rescues:
        columns.append(('_rescued', carriers.JSON()))
    for reader, read in readers.items():
        found = [assemble(table, row, rescues) for row in read(path, columns)]
        problems += [f'{reader}: {problem}' for problem in differences(table, expected, found)]
    return problems


def assemble(table, row, rescues):
    """A row as PostgreSQL would have it: rescued values in the place of the NULLs that stand for them."""
    width = len(table.columns)
    values, lsn = list(row[:width]), row[width]
    if lsn != 0:
        values.append(f'_lsn is {lsn}')
    if not rescues or row[width + 1] is None:
        return tuple(values)
    pairs = json.loads(row[width + 1], object_pairs_hook=list)
    if not isinstance(pairs, list) or not pairs:
        return (*values, f'_rescued is {row[width + 1]}')
    position = {column.name: index for index, column in enumerate(table.columns)}
    for name, text in pairs:
        index = position.get(name)
        if index is None or values[index] is not None or not isinstance(text, str):
            values.append(f'_rescued has {name!r}: {text!r}')
        else:
            values[index] = carriers.Rescued(text)
    return tuple(values)


def compare_schema(table, leaves, rescues):
    wanted = [leaf for column in table.columns for leaf in column.carrier.leaves(column.name)]
    wanted.append(('_lsn', 'INT64', 'NONE'))
    if rescues:
        wanted.append(('_rescued', 'BYTE_ARRAY', ('STRING', 'JSON')))
    names, wanted_names = [leaf[0] for leaf in leaves], [leaf[0] for leaf in wanted]
    if names != wanted_names:
        at = next((i for i, pair in enumerate(zip(names, wanted_names)) if pair[0] != pair[1]), min(len(names), len(wanted)))
        return [f'columns are {names[at:at + 3]} instead of {wanted_names[at:at + 3]} from number {at + 1} on']
    return [
        f'{path!r} is {physical} {kind} instead of {right_physical} {right_kind}'
        for (path, physical, kind), (_, right_physical, right_kind) in zip(leaves, wanted)
        if physical != right_physical or kind not in (right_kind if isinstance(right_kind, tuple) else (right_kind,))
    ]


FOOTER = {
    'sluice.lsn': r'[0-9A-F]{1,8}/[0-9A-F]{1,8}|[0-9A-Fa-f]{16}',
    'sluice.snapshot': r'\d+:\d+:(\d+(,\d+)*)?',
    'sluice.version': r'\S+',
}


def compare_footer(table, metadata):
    pairs = {key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}
    problems = [f'footer has {key} = {pairs.get(key)!r}' for key, pattern in FOOTER.items()
                if not re.fullmatch(pattern, pairs.get(key, ''))]
    if table.name not in pairs.get('sluice.table', ''):
        problems.append(f'footer has sluice.table = {pairs.get("sluice.table")!r}')
    try:
        described = json.loads(pairs.get('sluice.columns', ''))
        names = [entry['name'] for entry in described]
        types = [entry['type'] for entry in described]
        keys = [bool(entry.get('key')) for entry in described]
    except (ValueError, KeyError, TypeError):
        return problems + [f'footer has sluice.columns = {pairs.get("sluice.columns")!r:.200}']
    for what, found, wanted in (
        ('names', names, [column.name for column in table.columns]),
        ('types', types, [column.type_name for column in table.columns]),
        ('keys', keys, [column.in_key for column in table.columns]),
    ):
        if found != wanted:
            problems.append(f'sluice.columns has {what} {found!r:.300} instead of {wanted!r:.300}')
    return problems


def differences(table, expected, found):
    """How two bags of rows differ, told by primary key where there is one."""
    missing, surplus = Counter(expected), Counter(found)
    missing, surplus = missing - surplus, surplus - missing
    if not missing and not surplus:
        return []
    problems = [f'{missing.total()} rows are missing and {surplus.total()} are there that should not be']
    key = [index for index, column in enumerate(table.columns) if column.in_key]
    others = {tuple(row[index] for index in key): row for row in surplus} if key else {}
    for row in list(missing)[:SHOWN]:
        other = others.get(tuple(row[index] for index in key)) if key else None
        if other is None:
            problems.append(f'missing: {shown(table, row)}')
        else:
            problems.append(f'key {[row[index] for index in key]}: ' + '; '.join(
                f'{name}: {have!r:.200} instead of {want!r:.200}' for name, want, have in parallel(table, row, other)
                if want != have))
    if not others:
        problems += [f'surplus: {shown(table, row)}' for row in list(surplus)[:SHOWN]]
    return problems


def parallel(table, row, other):
    names = [column.name for column in table.columns]
    width = max(len(row), len(other))
    pad = ('nothing',)
    return zip(names + ['-'] * (width - len(names)), row + pad * (width - len(row)), other + pad * (width - len(other)))


def shown(table, row):
    text = ', '.join(f'{column.name}={value!r:.60}' for column, value in zip(table.columns[:12], row))
    return text + ''.join(f', {note}' for note in row[len(table.columns):])


def configured(path):
    """The options of a configuration file's tables that are named without wildcards."""
    import yaml

    with open(path) as file:
        rules = (yaml.safe_load(file) or {}).get('tables') or []
    options = {}
    for rule in rules:
        options[table_name(rule['table'])] = Options(
            partition_by=rule.get('partition_by'),
            time_zone=rule.get('time_zone') or 'UTC',
            exclude_columns=tuple(rule.get('exclude_columns') or ()),
            representations={name: column['as'] for name, column in (rule.get('columns') or {}).items() if column.get('as')},
            name=rule.get('name'),
        )
    return options


def table_name(text):
    """Schema and name of a table written as in SQL."""
    parts = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', text)
    parts = [quoted.replace('""', '"') if quoted else bare.lower() for quoted, bare in parts]
    return ('public', parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--database', required=True, help='a PostgreSQL URL; the role must see every row')
    arguments.add_argument('--lake', required=True, help='a folder or s3://bucket/prefix')
    arguments.add_argument('--config', help='the configuration that the lake was made with')
    arguments.add_argument('--table', action='append', help='a table as in SQL; all of public if absent')
    arguments.add_argument('--endpoint', help='of an S3-compatible store; keys come from the environment')
    given = arguments.parse_args()
    tables = [table_name(table) for table in given.table] if given.table else None
    problems = compare(given.database, given.lake, tables, configured(given.config) if given.config else {},
                       lake.Store(endpoint=given.endpoint), others=bool(tables))
    for problem in problems:
        print(problem)
    print('the lake differs' if problems else 'the lake is equal to the database')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
