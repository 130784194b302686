"""How large tables are divided between workers: by days where an index serves them, else by pages."""

from datetime import date, timedelta

import pytest

import lake
from compare import compare
from database import Options

ROWS = 90000
# Ten months, so that the time zone's offset changes within; more than the 64 MiB from which a table is divided.
FILL = """
CREATE TABLE ordered (id bigint PRIMARY KEY, filler text, created_at {type}){partitions};
{leaves}
INSERT INTO ordered SELECT n, repeat(md5(n::text), 26), timestamptz '2024-06-01 00:00+00' + n * interval '5 minutes'
FROM generate_series(1, {rows}) n;
INSERT INTO ordered VALUES (-1, 'no day', NULL), (-2, 'late', 'infinity'), (-3, 'early', '-infinity'), (-4, 'before our era', '0044-03-15 BC'),
    (-5, 'the first year', '0001-01-01'), (-6, 'just before it', '0001-12-31 BC'), (-7, 'far off', '9999-12-31');
"""


def scans(database):
    [(whole, through_index)] = database.execute(
        "SELECT coalesce(sum(seq_scan), 0), coalesce(sum(idx_scan), 0) FROM pg_stat_user_tables WHERE relname LIKE 'ordered%'")
    return int(whole), int(through_index)


def fill(database, type_name='timestamptz', index='CREATE INDEX ON ordered (created_at)', **leaves):
    database.execute(FILL.format(type=type_name, rows=ROWS, partitions=leaves.get('partitions', ''), leaves=leaves.get('leaves', '')))
    if index:
        database.execute(index)
    database.execute('ANALYZE ordered')


@pytest.mark.parametrize(('type_name', 'jobs'), [('date', 2), ('timestamp', 2), ('timestamptz', 1), ('timestamptz', 2), ('timestamptz', 5)])
def test_an_ordered_table_is_divided_by_days(database, sluice, folder, type_name, jobs):
    fill(database, type_name)
    whole, through_index = scans(database)
    table = {'table': 'ordered', 'time_zone': 'America/New_York'}
    sluice.backfill(database, folder, '--mode', 'full', '--jobs', jobs, config={'tables': [table]})
    after_whole, after_index = scans(database)
    # Two ranges, and the rows without a day; one worker reads the table as it lies.
    assert (after_whole - whole, after_index - through_index) == ((1, 0) if jobs == 1 else (0, 3))
    options = {('public', 'ordered'): Options(time_zone='America/New_York')}
    assert compare(database.url, folder.url, options=options, readers={'pyarrow': lake.arrow_rows}) == []


@pytest.mark.parametrize('index', [None, 'CREATE INDEX ON ordered (filler, created_at)', 'CREATE INDEX ON ordered (created_at) WHERE id > 5',
                                   'CREATE INDEX ON ordered ((created_at + interval \'1 day\'))', 'CREATE INDEX ON ordered USING brin (created_at)'],
                         ids=['none', 'second', 'partial', 'expression', 'brin'])
def test_an_index_that_does_not_serve_is_left_alone(database, sluice, folder, index):
    fill(database, 'timestamp', index)
    before = scans(database)
    sluice.backfill(database, folder, '--mode', 'full', '--jobs', '2')
    assert scans(database)[1] == before[1]
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []


def test_partitions_are_divided_each_for_itself(database, sluice, folder):
    fill(database, partitions=' PARTITION BY RANGE (id)', leaves="""
        CREATE TABLE ordered_small PARTITION OF ordered FOR VALUES FROM (MINVALUE) TO (1000);
        CREATE TABLE ordered_large PARTITION OF ordered FOR VALUES FROM (1000) TO (MAXVALUE);""")
    sluice.backfill(database, folder, '--mode', 'full', '--jobs', '3')
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []


def test_many_rows_without_a_day_are_not_read_apart(database, sluice, folder):
    fill(database)
    database.execute('UPDATE ordered SET created_at = NULL WHERE id % 20 = 0; ANALYZE ordered')
    before = scans(database)
    sluice.backfill(database, folder, '--mode', 'full', '--jobs', '2')
    assert scans(database) == before
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []


@pytest.mark.parametrize('jobs', [1, 2, 5])
def test_days_of_a_time_zone_in_a_partition_with_an_index_of_its_own(database, sluice, folder, jobs):
    """Three weeks with a day of 25 hours; the other partition has no index and is small."""
    fill(database, index='CREATE INDEX ON ordered_large (created_at)', partitions=' PARTITION BY RANGE (id)', leaves="""
        CREATE TABLE ordered_small PARTITION OF ordered FOR VALUES FROM (MINVALUE) TO (1000);
        CREATE TABLE ordered_large PARTITION OF ordered FOR VALUES FROM (1000) TO (MAXVALUE);""")
    whole, through_index = scans(database)
    table = {'table': 'ordered', 'time_zone': 'America/New_York'}
    sluice.backfill(database, folder, '--from', '2024-10-20', '--to', '2024-11-09', '--jobs', jobs, config={'tables': [table]})
    assert scans(database) == (whole + 1, through_index + 1)
    options = {('public', 'ordered'): Options(time_zone='America/New_York')}
    wanted = "created_at >= '2024-10-20 00:00-04' AND created_at < '2024-11-10 00:00-05'"
    assert compare(database.url, folder.url, options=options, readers={'pyarrow': lake.arrow_rows}, where=wanted) == []


WITHOUT_DAY = " OR created_at IS NULL OR created_at = 'infinity' OR created_at < '0001-01-01'"


@pytest.mark.parametrize(('first', 'end', 'more'), [('2024-11-03', '2024-11-04', ''), ('2024-06-20', '2025-03-11', ''),
                                                    ('1969-12-31', '2024-08-10', WITHOUT_DAY)],
                         ids=['a day', 'most days', 'with rows that have no day'])
@pytest.mark.parametrize('jobs', [1, 4])
def test_wanted_days_are_found_through_the_index(database, sluice, folder, first, end, more, jobs):
    fill(database)
    whole, through_index = scans(database)
    last = (date.fromisoformat(end) - timedelta(days=1)).isoformat()
    sluice.backfill(database, folder, '--mode', 'incremental', '--from', first, '--to', last, '--jobs', jobs)
    after_whole, after_index = scans(database)
    # One worker leaves it to the planner how most of a table is read.
    if jobs > 1 or end == '2024-11-04':
        assert after_index > through_index and after_whole == whole
    wanted = f"created_at >= '{first}' AND created_at < '{end}'{more}"
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}, where=wanted) == []


def test_a_day_of_a_table_in_no_order_is_found_through_the_index(database, sluice, folder):
    database.execute(f"""
        CREATE TABLE ordered (id bigint PRIMARY KEY, filler text, created_at timestamptz);
        INSERT INTO ordered SELECT n, repeat(md5(n::text), 26), timestamptz '2025-01-01 00:00+00' + mod(n * 7919, 90000) * interval '1 minute'
        FROM generate_series(1, {ROWS}) n;
        CREATE INDEX ON ordered (created_at)""")
    database.execute('ANALYZE ordered')
    whole, through_index = scans(database)
    sluice.backfill(database, folder, '--mode', 'incremental', '--date', '2025-01-20', '--jobs', '3')
    assert scans(database) == (whole, through_index + 1)
    wanted = "created_at >= '2025-01-20' AND created_at < '2025-01-21'"
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}, where=wanted) == []
