"""The judge itself: it finds nothing wrong with a right lake, and every kind of wrong that we can think of."""

import decimal
import json
import pathlib
import shutil
from datetime import date, datetime, timezone

import pyarrow
import pyarrow.parquet
import pytest

import conftest
import database as truth
import reference
import test_values
from compare import compare

SCHEMA = """
CREATE TABLE sale (
    id int PRIMARY KEY, amount numeric(8,2), note text, tags text[], day date, created_at timestamptz);
INSERT INTO sale VALUES
    (1, 1.50, 'a', '{x,NULL}', '2025-01-01', '2025-01-01 10:00+00'),
    (2, 'NaN', '', '{}', 'infinity', '2025-01-01 11:00+00'),
    (3, NULL, NULL, NULL, NULL, '2025-01-02 00:00+00')
"""
ARROW = pyarrow.schema([
    ('id', pyarrow.int32()), ('amount', pyarrow.decimal128(8, 2)), ('note', pyarrow.string()),
    ('tags', pyarrow.list_(pyarrow.string())), ('day', pyarrow.date32()), ('created_at', pyarrow.timestamp('us', 'UTC')),
    ('_lsn', pyarrow.int64()), ('_rescued', pyarrow.string())])
FOOTER = {
    'sluice.lsn': '0000000001ABCDEF', 'sluice.snapshot': '10:10:', 'sluice.table': 'public.sale', 'sluice.version': '0.1',
    'sluice.columns': json.dumps([
        {'name': 'id', 'type': 'integer', 'key': True}, {'name': 'amount', 'type': 'numeric(8,2)', 'key': False},
        {'name': 'note', 'type': 'text', 'key': False}, {'name': 'tags', 'type': 'text[]', 'key': False},
        {'name': 'day', 'type': 'date', 'key': False},
        {'name': 'created_at', 'type': 'timestamp with time zone', 'key': False}]),
}
FIRST = 'sale/year=2025/month=01/day=01/sale_20250101.parquet'
SECOND = 'sale/year=2025/month=01/day=02/sale_20250102.parquet'


def right_rows():
    at = [datetime(2025, 1, 1, 10, tzinfo=timezone.utc), datetime(2025, 1, 1, 11, tzinfo=timezone.utc),
          datetime(2025, 1, 2, tzinfo=timezone.utc)]
    one = dict(id=1, amount=decimal.Decimal('1.50'), note='a', tags=['x', None], day=date(2025, 1, 1), created_at=at[0], _lsn=0)
    two = dict(id=2, note='', tags=[], created_at=at[1], _lsn=0, _rescued='{"amount": "NaN", "day": "infinity"}')
    return {FIRST: [one, two], SECOND: [dict(id=3, created_at=at[2], _lsn=0)]}


def write(folder, path, rows, schema=ARROW, footer=FOOTER):
    file = pathlib.Path(folder, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.Table.from_pylist(rows, schema)
    with pyarrow.parquet.ParquetWriter(file, schema, store_decimal_as_integer=True, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(footer)


@pytest.fixture
def wrong(database, tmp_path):
    """Makes a lake whose rows a function may spoil, and returns what the judge says about it."""
    database.execute(SCHEMA)

    def judge(spoil=lambda rows: None, afterwards=lambda folder: None, **options):
        folder = tmp_path / 'lake'
        shutil.rmtree(folder, ignore_errors=True)
        rows = right_rows()
        spoil(rows)
        for path, content in rows.items():
            write(folder, path, content, **options)
        afterwards(folder)
        return compare(database.url, str(folder))

    assert judge() == []
    return judge


def change(path, index, **values):
    return lambda rows: rows[path][index].update(values)


@pytest.mark.parametrize('values', [
    {'amount': decimal.Decimal('1.51')}, {'amount': None}, {'note': 'b'}, {'note': None}, {'tags': ['x']}, {'tags': ['x', '']},
    {'tags': None}, {'day': date(2025, 1, 2)}, {'_lsn': 1}, {'_rescued': '{"amount": "1.50"}'}, {'_rescued': '{}'},
    {'_rescued': '{"nothing": "NaN"}'}, {'created_at': datetime(2025, 1, 1, 10, 0, 0, 1, timezone.utc)}, {'id': 9},
], ids=str)
def test_one_wrong_value_is_found(wrong, values):
    assert wrong(change(FIRST, 0, **values))


@pytest.mark.parametrize('rescued', [
    None, '{"amount": "NaN"}', '{"amount": "nan", "day": "infinity"}', '{"amount": "NaN", "day": "infinity", "note": ""}',
    '{"amount": "NaN", "amount": "NaN", "day": "infinity"}', '["amount"]',
], ids=str)
def test_wrong_rescued_values_are_found(wrong, rescued):
    assert wrong(change(FIRST, 1, _rescued=rescued))


def test_an_empty_string_is_not_null(wrong):
    assert wrong(change(FIRST, 1, note=None))


def test_missing_repeated_and_misplaced_rows_are_found(wrong):
    assert wrong(lambda rows: rows[FIRST].pop())
    assert wrong(lambda rows: rows[FIRST].append(rows[FIRST][0]))
    assert wrong(lambda rows: rows[SECOND].append(rows[FIRST].pop()))
    assert wrong(lambda rows: rows[SECOND].append(rows[FIRST][0]))


def test_missing_and_unexpected_objects_are_found(wrong):
    assert wrong(lambda rows: rows.pop(SECOND))
    assert wrong(lambda rows: rows.update({SECOND.replace('02', '03'): []}))
    assert wrong(lambda rows: rows.update({SECOND.replace('_20250102', '_20250102_1'): rows[SECOND]}))
    assert wrong(afterwards=lambda folder: (folder / 'sale' / 'part.tmp').write_text(''))
    assert wrong(afterwards=lambda folder: (folder / 'stray.parquet').write_text(''))
    assert wrong(afterwards=lambda folder: (folder / '.hidden').write_text('')) == []


def test_a_broken_file_is_found(wrong):
    def cut(folder):
        file = folder / FIRST
        file.write_bytes(file.read_bytes()[:-9])

    assert wrong(afterwards=cut)


def test_wrong_types_and_columns_are_found(wrong):
    def replaced(name, kind):
        index = ARROW.get_field_index(name)
        return ARROW.set(index, pyarrow.field(name, kind))

    assert wrong(schema=replaced('id', pyarrow.int64()))
    assert wrong(schema=replaced('created_at', pyarrow.timestamp('us')))
    assert wrong(schema=replaced('created_at', pyarrow.timestamp('ms', 'UTC')))
    assert wrong(schema=replaced('amount', pyarrow.decimal128(12, 2)))
    assert wrong(schema=replaced('note', pyarrow.binary()))
    assert wrong(schema=ARROW.remove(ARROW.get_field_index('note')))
    assert wrong(schema=ARROW.append(pyarrow.field('more', pyarrow.string())))
    assert wrong(schema=pyarrow.schema([ARROW.field(index) for index in (1, 0, 2, 3, 4, 5, 6, 7)]))


@pytest.mark.parametrize('key', FOOTER)
def test_a_wrong_footer_is_found(wrong, key):
    assert wrong(footer={name: value for name, value in FOOTER.items() if name != key})
    assert wrong(footer={**FOOTER, key: ''})


@pytest.mark.parametrize('fixture, options', [('types', test_values.OPTIONS), ('names', {})], ids=['types', 'names'])
def test_a_right_lake_of_everything_is_right(tmp_path, fixture, options):
    """Nothing in the fixtures is beyond the judge or its readers."""
    made = conftest.create_database()
    try:
        made.load(conftest.FIXTURES / f'{fixture}.sql')
        connection = truth.connect(made.url)
        tables = [('public', name) for name in truth.tables(connection)]
        reference.write_lake(connection, truth.Catalog(connection), tmp_path / 'lake', tables, options)
        connection.close()
        assert compare(made.url, str(tmp_path / 'lake'), tables, options) == []
    finally:
        conftest.drop_database(made)
