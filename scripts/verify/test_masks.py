"""Masked columns: what is left of their values comes into the lake, by load, stream and backfill alike, and nothing else does."""

import hashlib
import json

import pyarrow.parquet
import pytest

import lake

SALT = 'grain-of-salt'
SECRETS = ('ada@example.org', 'grace@example.org', 'new@example.org', '+49 30 123456', 'hidden words', 'Ωmega secret', '4711471147114711',
           SALT)
TABLE = """
CREATE TABLE m (id bigint, email text, phone varchar(20), note text, card numeric, day date, mood text, tags text[],
                created_at timestamptz DEFAULT '2026-03-01', PRIMARY KEY (id, email));
INSERT INTO m VALUES (1, 'ada@example.org', '+49 30 123456', 'hidden words', 4711471147114711, 'infinity', 'Ωmega secret', '{hidden words}'),
                     (2, '', '', '', NULL, '2026-01-02', 'né', NULL)
"""
MASK = {'email': 'sha256', 'phone': None, 'note': 'truncate(3)', 'card': 'sha256', 'day': 'sha256', 'mood': 'truncate(2)',
        'tags': 'sha256'}


def digest(text):
    return hashlib.sha256((SALT + text).encode()).hexdigest()


def settings(database, **mask):
    return {'database': {'slot': database.name}, 'mask_salt': '${SALT}', 'tables': [{'table': 'm', 'mask': {**MASK, **mask}}]}


def rows(place, prefix):
    found = []
    with lake.opened(place.url, place.store) as folder:
        for path in lake.objects(folder):
            if path.startswith(prefix + '/'):
                found += pyarrow.parquet.ParquetFile(folder / path).read().to_pylist()
    return found


def assert_nothing_shows(place, *texts):
    with lake.opened(place.url, place.store) as folder:
        contents = [file.read_bytes() for file in folder.rglob('*') if file.is_file()]
    for content in [*contents, *(text.encode() for text in texts)]:
        for secret in SECRETS:
            assert secret.encode() not in content, secret


FIRST = {'id': 1, 'email': digest('ada@example.org'), 'phone': None, 'note': 'hid', 'card': digest('4711471147114711'),
         'day': digest('infinity'), 'mood': 'Ωm', 'tags': digest('{"hidden words"}')}
SECOND = {'id': 2, 'email': digest(''), 'phone': None, 'note': '', 'card': None, 'day': digest('2026-01-02'), 'mood': 'né',
          'tags': None}


def test_what_is_masked_comes_into_no_file(database, sluice, place):
    # Pages as they are, so that a value that should not be there would be seen.
    config = {**settings(database), 'parquet': {'compression': 'none'}}
    environment = {'SALT': SALT}
    database.execute(TABLE + '; CREATE PUBLICATION sluice FOR TABLE m')
    logs = [sluice.replicate(database, place, '--until-caught-up', '--log-level', 'debug', config=config, environment=environment).err]
    loaded = sorted(rows(place, 'm'), key=lambda row: row['id'])
    assert [{name: row[name] for name in FIRST} for row in loaded] == [FIRST, SECOND]
    assert all(not row.get('_rescued') for row in loaded)
    database.execute("UPDATE m SET email = 'new@example.org', note = 'hidden words' WHERE id = 1")
    database.execute("INSERT INTO m (id, email, note) VALUES (3, 'grace@example.org', 'hidden words')")
    database.execute("DELETE FROM m WHERE email = 'new@example.org'")
    logs.append(sluice.replicate(database, place, '--until-caught-up', '--log-level', 'debug', config=config, environment=environment).err)
    changes = sorted(rows(place, 'm_changes'), key=lambda row: (row['_lsn'], row['_seq']))
    assert [(row['_op'], row['id'], row['email']) for row in changes] == [
        ('U', 1, digest('new@example.org')), ('I', 3, digest('grace@example.org')), ('D', 1, digest('new@example.org'))]
    assert json.loads(changes[0]['_old_key']) == {'id': '1', 'email': digest('ada@example.org')}
    assert {name: changes[0][name] for name in FIRST} == {**FIRST, 'email': digest('new@example.org')}
    # The days take the changes up by what is left of the key.
    logs.append(sluice.rewrite(database, place, config=config, environment=environment).err)
    wanted = sorted([(digest(''), ''), (digest('grace@example.org'), 'hid')])
    assert sorted((row['email'], row['note']) for row in rows(place, 'm')) == wanted
    logs.append(sluice.backfill(database, place, '--mode', 'full', config=config, environment=environment).err)
    assert sorted((row['email'], row['note']) for row in rows(place, 'm')) == wanted
    assert_nothing_shows(place, *logs)


def test_a_masked_column_that_is_renamed_stops_the_stream(database, sluice, folder):
    config, environment = settings(database), {'SALT': SALT}
    database.execute(TABLE + '; CREATE PUBLICATION sluice FOR TABLE m')
    sluice.replicate(database, folder, config=config, environment=environment)
    database.execute("INSERT INTO m (id, email, note) VALUES (3, 'x', 'hidden words')")
    database.execute("ALTER TABLE m RENAME note TO remark; INSERT INTO m (id, email, remark) VALUES (4, 'x', 'hidden words')")
    run = sluice.replicate(database, folder, config=config, environment=environment, expect=78)
    assert 'table m has a column remark and no longer note, which is to be masked' in run.err
    assert_nothing_shows(folder, run.err)
    config['tables'][0]['mask']['remark'] = 'truncate(3)'
    sluice.replicate(database, folder, config=config, environment=environment)
    found = sorted(rows(folder, 'm_changes'), key=lambda row: row['id'])
    assert [(row.get('note'), row.get('remark')) for row in found] == [('hid', None), (None, 'hid')]
    sluice.backfill(database, folder, '--mode', 'full', config=config, environment=environment)
    # A name that is no longer needed may go, and a column may be dropped.
    del config['tables'][0]['mask']['note']
    database.execute("ALTER TABLE m DROP COLUMN remark; INSERT INTO m (id, email) VALUES (5, 'x')")
    sluice.replicate(database, folder, config=config, environment=environment)
    assert len(rows(folder, 'm_changes')) == 3
    assert_nothing_shows(folder)


def test_masks_that_change(database, sluice, folder):
    """What came into the days under another mask, or none, is exported again, keys included."""
    database.execute(TABLE + "; INSERT INTO m (id, email, note) SELECT g, 'new@example.org', 'hidden words' FROM generate_series(3, 9) g;"
                     "ALTER TABLE m ALTER note SET STORAGE EXTERNAL; UPDATE m SET note = repeat(note, 900) WHERE id = 9;"
                     "CREATE PUBLICATION sluice FOR TABLE m")

    def replicate(mask, salt=SALT):
        config = {'database': {'slot': database.name}, 'mask_salt': '${SALT}', 'tables': [{'table': 'm', 'mask': mask}]}
        return sluice.replicate(database, folder, rewrite=True, config=config, environment={'SALT': salt}).err

    def found(*columns):
        return sorted(tuple(row[name] for name in columns) for row in rows(folder, 'm'))

    def change(number):
        """Pending changes, in a pass with those that come under the next mask."""
        database.execute(f"UPDATE m SET mood = 'changed {number}' WHERE id = 3; DELETE FROM m WHERE id = {number};"
                         f"UPDATE m SET created_at = created_at + interval '1 day' WHERE id = 9")

    kept = dict(enumerate(('ada@example.org', '', *['new@example.org'] * 7), 1))
    replicate({})
    for number, (mask, salt) in enumerate([({'note': 'truncate(3)'}, SALT), ({'note': 'truncate(3)', 'email': 'sha256'}, SALT),
                                           ({'email': 'sha256', 'note': None}, 'another'), ({'note': None}, 'another')], 4):
        change(number)
        del kept[number]
        assert 'masked otherwise than before' in replicate(mask, salt)
        masked = {id: hashlib.sha256((salt + email).encode()).hexdigest() if 'email' in mask else email for id, email in kept.items()}
        assert found('id', 'email') == sorted(masked.items())
        assert {len(note or '') for _, note in found('id', 'note')} <= ({0, 3} if mask['note'] else {0})
        change(number + 10)
        assert 'masked otherwise' not in replicate(mask, salt)
        assert found('id', 'email') == sorted(masked.items())


@pytest.mark.parametrize('mask, message', [
    ({'email': None}, 'column email tells the rows of table m apart'),
    ({'email': 'truncate(3)'}, 'column email tells the rows of table m apart'),
    ({'emial': 'sha256'}, 'table m has no column emial, which is to be masked'),
    ({'card': 'truncate(3)'}, 'column card of table m has type numeric'),
])
def test_masks_that_a_table_cannot_have(database, sluice, folder, mask, message):
    database.execute(TABLE + '; CREATE PUBLICATION sluice FOR TABLE m')
    config, environment = settings(database, **mask), {'SALT': SALT}
    for run in (sluice.backfill(database, folder, '--mode', 'full', config=config, environment=environment, expect=1),
                sluice.replicate(database, folder, config=config, environment=environment, expect=78)):
        assert message in run.err, run.err
    assert_nothing_shows(folder, run.err)


def test_a_digest_needs_a_salt(database, sluice, folder):
    config = settings(database)
    del config['mask_salt']
    run = sluice.backfill(database, folder, config=config, expect=78)
    assert 'tables[0].mask.email: found sha256 although there is no mask_salt' in run.err
    run = sluice.backfill(database, folder, config=settings(database), expect=78)
    assert 'mask_salt: found the variable SALT, which is not set' in run.err
