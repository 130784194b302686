"""Day files follow the changes: after a pass they are the tables, row by row, whatever has happened in between."""

import json
import secrets
import shutil
import signal
import time

import psycopg2
import pytest

import changes
import conftest
import lake
from database import lake_name
from rewriting import Kept, compare_days, day_objects, rewritten
from scenarios import GRAVES, SCENARIOS
from test_stream_faults import end, until

# Small row groups, so that some are copied and some are not.
SMALL = {'parquet': {'row_group_size': '64KiB'}}


def run(made, transactions):
    """Runs each text as a transaction of its own."""
    connection = psycopg2.connect(made.url)
    try:
        for transaction in transactions:
            with connection, connection.cursor() as cursor:
                cursor.execute(transaction)
    finally:
        connection.close()


def settings(tables, **others):
    """The configuration for tables of which the lake keeps something."""
    rules = []
    for name, kept in tables.items():
        rule = {'table': '"' + name.replace('"', '""') + '"', 'time_zone': kept.options.time_zone}
        if kept.options.partition_by:
            rule['partition_by'] = kept.options.partition_by
        if kept.options.exclude_columns:
            rule['exclude_columns'] = list(kept.options.exclude_columns)
        if kept.options.representations:
            rule['columns'] = {column: {'as': kind} for column, kind in kept.options.representations.items()}
        if kept.graves:
            rule['deletes'] = 'soft'
        rules.append(rule)
    return {**SMALL, 'tables': rules, **others}


# MARK: scenarios

# How the changes come to a pass: one after each round by the process that streams; all rounds at once, from several files
# and by a process that only rewrites; all rounds at once from one file, in text form.
WAYS = {
    'a pass a round': ('folder', False),
    'rounds in files': ('s3', False),
    'all in one file': ('folder', True),
}


@pytest.fixture(scope='module', params=WAYS)
def played(request, tmp_path_factory):
    """What was wrong in the lake after all that happens in the scenarios, by scenario: they share each process."""
    way = request.param
    names = {item.callspec.params['name'] for item in request.session.items
             if item.module is request.module and 'played' in getattr(item, 'fixturenames', ())}
    chosen = {name: SCENARIOS[name] for name in SCENARIOS if name in names}
    folder = tmp_path_factory.mktemp('rewrites')
    sluice = conftest.Sluice(folder)
    kind, as_text = WAYS[way]
    place = conftest.Folder(folder / 'lake') if kind == 'folder' else conftest.Bucket(f'proof/{secrets.token_hex(6)}')
    made = conftest.create_database()
    try:
        yield play(made, sluice, place, chosen, way, as_text)
    finally:
        conftest.drop_database(made)


def play(made, sluice, place, chosen, way, as_text):
    tables = {table: kept for each in chosen.values() for table, kept in each.tables.items()}
    config = settings(tables)
    made.execute('CREATE EXTENSION hstore; ' + GRAVES)
    if as_text:
        # One such column, and every table comes in text form.
        made.execute('CREATE TABLE addressed (id int PRIMARY KEY, address inet)')
    for each in chosen.values():
        made.execute(each.setup)
    made.execute('CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)')
    sluice.replicate(made, place, rewrite=True, config=config)
    problems = {name: [] for name in chosen}

    def compare(when):
        found = compare_days(made, place, tables, others=True)
        for name, each in chosen.items():
            problems[name] += [f'{when}, {problem}' for problem in found if problem.split(': ')[0] in each.tables]

    compare('after the load')
    count = max(len(each.rounds) for each in chosen.values())
    for number in range(count):
        for each in chosen.values():
            if number < len(each.rounds):
                run(made, each.rounds[number])
        if way == 'a pass a round':
            sluice.replicate(made, place, rewrite=True, config=config)
            compare(f'round {number + 1}')
        elif way == 'rounds in files':
            sluice.replicate(made, place, config=config)
    if way == 'rounds in files':
        sluice.rewrite(made, place, config=config)
    elif way == 'all in one file':
        sluice.replicate(made, place, rewrite=True, config=config)
    if way != 'a pass a round':
        compare('at the end')
    before = day_objects(place)
    if way == 'rounds in files':
        sluice.rewrite(made, place, config=config)
    else:
        sluice.replicate(made, place, rewrite=True, config=config)
    again = rewritten(before, day_objects(place))
    for name, each in chosen.items():
        lake_names = {lake_name('public', table) for table in each.tables}
        problems[name] += [f'a pass without changes wrote {again[table]} files of {table}' for table in lake_names if again[table]]
    return problems


@pytest.mark.parametrize('name', SCENARIOS)
def test_days_are_the_tables(played, name):
    assert played[name] == []
