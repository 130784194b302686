"""`sluice history` tells what every run has done, and looks no further back than it has to."""

import json
import pathlib
import time

import pytest

import lake
from conftest import Bucket

ONE_TABLE = "CREATE TABLE events (id int PRIMARY KEY, created_at timestamptz NOT NULL); INSERT INTO events VALUES (1, '2025-01-10')"


def history(sluice, place, *arguments, config=None):
    run = sluice.run('history', *place.arguments, '--json', *arguments, config=place.configured(config), environment=place.environment)
    return json.loads(run.out)['runs'], run


def test_every_command_leaves_a_record(database, sluice, place):
    database.execute(ONE_TABLE)
    sluice.replicate(database, place)
    database.execute("INSERT INTO events SELECT n, '2025-01-11' FROM generate_series(2, 11) n")
    sluice.replicate(database, place)
    sluice.rewrite(database, place)
    sluice.rewrite(database, place, '--dry-run')
    sluice.backfill(database, place, '--date', '2025-01-10')
    sluice.backfill(database, place, '--mode', 'full', '--table', 'missing', expect=1)
    sluice.backfill('postgresql://alice:open-sesame@127.0.0.1:1/billing', place, '--mode', 'full', expect=1)
    sluice.finish_as(sluice.start_on_slot('validate', database, place, '--deep'), 0)
    sluice.finish_as(sluice.start_on_slot('drop', database, place, '--yes'), 0)
    runs, run = history(sluice, place)
    assert [(each['command'], each['mode']) for each in runs if each['command'] != 'replicate'] == [
        ('drop', f'slot {database.name}'), ('validate', 'deep'), ('backfill', 'full'), ('backfill', 'full'), ('backfill', 'incremental 2025-01-10'),
        ('rewrite', 'all days')], run.out
    streams = [each for each in runs if each['command'] == 'replicate']
    assert sorted(each['mode'] for each in streams) == ['load', 'until caught up', 'until caught up'], run.out
    load = next(each for each in streams if each['mode'] == 'load')
    assert [(table['table'], table['rows']) for table in load['tables']] == [('events', 1)]
    assert sum(each.get('changes', 0) for each in streams) == 10
    rewritten = next(each for each in runs if each['command'] == 'rewrite')
    assert rewritten['changes'] == 10 and rewritten['tables'][0]['days'] == 1
    failed, run = history(sluice, place, '--failed')
    assert len(failed) == 2 and 'cannot connect' in failed[0]['error'] and failed[1]['failed_tables'] == ['missing'], run.out
    assert 'open-sesame' not in run.out
    of_table, _ = history(sluice, place, '--table', 'events')
    assert {each['command'] for each in of_table} == {'replicate', 'backfill', 'rewrite', 'validate'}
    compared = next(each for each in runs if each['command'] == 'validate')['tables'][0]
    assert (compared['rows'], compared['days'], compared['result']) == (11, 2, 'ok')
    limited, _ = history(sluice, place, '--limit', '2')
    assert limited == runs[:2]


def records(folder, days, per_day=1):
    for year, month, day in days:
        parent = pathlib.Path(folder.url, '_sluice', 'runs', f'{year}', f'{month:02}', f'{day:02}')
        parent.mkdir(parents=True, exist_ok=True)
        moment = f'{year}-{month:02}-{day:02}T'
        for number in range(per_day):
            record = {'id': f'{number:08x}', 'command': 'backfill', 'mode': 'full', 'version': '0.1.0', 'failedTables': [],
                      'started': f'{moment}02:00:{number:02}Z', 'finished': f'{moment}02:01:00Z',
                      'tables': [{'table': 'events', 'rows': 5, 'files': 1, 'bytes': 100, 'seconds': 0.5}]}
            (parent / f'0200{number:02}-backfill-{number:08x}.json').write_text(json.dumps(record))


def test_records_of_earlier_releases_and_of_somebody_else(sluice, folder):
    records(folder, [(2024, 2, 29), (2026, 1, 31), (2026, 2, 1)])
    runs = pathlib.Path(folder.url, '_sluice', 'runs')
    (runs / '2026/02/01/030000-backfill-ffffffff.json').write_text('{"half": ')
    (runs / '2026/02/01/notes.txt').write_text('buy milk')
    found, run = history(sluice, folder)
    assert [each['started'][:10] for each in found] == ['2026-02-01', '2026-01-31', '2024-02-29']
    assert run.err.count('is passed over') == 2, run.err
    text = sluice.run('history', *folder.arguments).out.splitlines()
    assert text[0].split() == ['started', 'command', 'mode', 'seconds', 'tables', 'rows', 'changes', 'result']
    assert text[1].split() == ['2026-02-01', '02:00:00', 'backfill', 'full', '60.0', '1', '5', 'ok']


def test_no_runs(sluice, folder):
    assert history(sluice, folder)[0] == []
    assert sluice.run('history', *folder.arguments).out == 'no runs\n'
    assert not folder.path.exists()


def test_a_lake_that_cannot_be_read(sluice):
    place = Bucket('proof/nobody', endpoint='http://127.0.0.1:1')
    run = sluice.run('history', *place.arguments, config=place.configured(None), expect=1,
                     environment={**place.environment, 'AWS_MAX_ATTEMPTS': '1'})
    assert 'lake.endpoint' in run.err, run.err
