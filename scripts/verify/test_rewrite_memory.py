"""What a rewriting takes in memory stays near `memory_limit`, however many days a table has and however many keys change."""

import pytest

from rewriting import compare_days
from test_rewrites import run

DAYS, DAY_ROWS = 240, 350
CREATE = f"""
    CREATE TABLE t (key uuid PRIMARY KEY, note text, n int, created_at date);
    INSERT INTO t SELECT md5(g::text)::uuid, md5((g * 7)::text), g, date '2020-01-01' + g % {DAYS}
        FROM generate_series(1, {DAYS * DAY_ROWS}) g;
    CREATE PUBLICATION sluice FOR ALL TABLES;
"""
# What a row group holds cannot be told by the bounds of random keys, so that each of them may be in any day.
CHANGES = {
    'deletes': "DELETE FROM t WHERE n % 2 = 0",
    'rows move': "UPDATE t SET created_at = created_at + 1 WHERE n % 4 = 0",
}


@pytest.mark.parametrize('kind', CHANGES)
def test_many_keys_in_many_days(database, sluice, folder, kind):
    config = {'memory_limit': '64MiB'}
    database.execute(CREATE)
    sluice.replicate(database, folder, config=config)
    run(database, [CHANGES[kind]])
    sluice.replicate(database, folder, config=config)
    done = sluice.rewrite(database, folder, config=config)
    assert compare_days(database, folder, ['t']) == []
    # The program takes some 40 MiB before it has read anything.
    assert done.peak_mib < 40 + 64 + 48, f'{done.peak_mib} MiB with a memory limit of 64 MiB'
