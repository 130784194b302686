"""The judge of rewritten days: it finds nothing wrong with a right lake, and every kind of wrong that we can think of."""

import dataclasses
import decimal
import json
import shutil
from datetime import date, datetime, timezone

import pyarrow
import pytest

import conftest
from rewriting import Kept, compare_days
from test_judge import ARROW, FIRST, FOOTER, SCHEMA, SECOND, change, right_rows, write

CHANGES = 'sale_changes/year=2025/month=02/day=01/sale_changes_20250201_000000000000004D-000000000000004D-1.parquet'
# Columns as they are after all that may happen to columns: `amount` has grown, `note` was `text`, which had another type.
GROWN = SCHEMA + '; ALTER TABLE sale ALTER amount TYPE numeric(12,4), ALTER id TYPE bigint'
DELETED = ARROW.append(pyarrow.field('_deleted', pyarrow.bool_()))


def change_file(folder, lsn=77):
    """The second row was updated once since its export."""
    row = dict(right_rows()[FIRST][1], _op='U', _lsn=lsn, _seq=1, _xid=9, _committed_at=datetime(2025, 2, 1, tzinfo=timezone.utc))
    head = [('_op', pyarrow.string()), ('_lsn', pyarrow.int64()), ('_seq', pyarrow.int64()), ('_xid', pyarrow.int64()),
            ('_committed_at', pyarrow.timestamp('us', 'UTC')), ('_unchanged', pyarrow.list_(pyarrow.string())), ('_old_key', pyarrow.string()),
            ('_rescued', pyarrow.string())]
    write(folder, CHANGES, [row], pyarrow.schema(head + [ARROW.field(index) for index in range(6)]))


@pytest.fixture
def wrong(database, tmp_path):
    """Makes a lake whose rows a function may spoil, and returns what the judge says about it."""
    database.execute(SCHEMA)
    database.execute('CREATE SCHEMA graves; CREATE TABLE graves.sale AS TABLE sale WITH NO DATA')

    def judge(spoil=lambda rows: None, afterwards=lambda folder: None, kept=Kept(), **options):
        folder = conftest.Folder(tmp_path / 'lake')
        shutil.rmtree(folder.path, ignore_errors=True)
        rows = right_rows()
        rows[FIRST][1]['_lsn'] = 77
        spoil(rows)
        for path, content in rows.items():
            write(folder.path, path, content, **options)
        change_file(folder.path)
        afterwards(folder.path)
        return compare_days(database, folder, {'sale': kept})

    assert judge() == []
    return judge


@pytest.mark.parametrize('values', [
    {'amount': decimal.Decimal('1.51')}, {'amount': None}, {'note': 'b'}, {'note': None}, {'tags': ['x']}, {'tags': ['x', '']},
    {'day': date(2025, 1, 2)}, {'_lsn': 1}, {'_lsn': 77}, {'_rescued': '{"amount": "1.50"}'}, {'_rescued': '{}'}, {'_rescued': '["amount"]'},
    {'_rescued': '{"nothing": "NaN"}'}, {'_rescued': '{"note": "a"}'}, {'created_at': datetime(2025, 1, 1, 10, 0, 0, 1, timezone.utc)}, {'id': 9},
], ids=str)
def test_one_wrong_value_is_found(wrong, values):
    problems = wrong(change(FIRST, 0, **values))
    assert any('pyarrow' in problem for problem in problems) and any('DuckDB' in problem for problem in problems)


def test_a_change_that_was_not_taken_up_is_found(wrong):
    assert wrong(change(FIRST, 1, _lsn=0))
    assert wrong(change(FIRST, 1, _lsn=76))
    assert wrong(change(FIRST, 1, _lsn=0), kept=Kept(exported=True)) == []
    assert wrong(change(FIRST, 1, _lsn=76), kept=Kept(exported=True))


def test_missing_repeated_and_misplaced_rows_are_found(wrong):
    assert wrong(lambda rows: rows[FIRST].pop())
    assert any('2 times' in problem for problem in wrong(lambda rows: rows[FIRST].append(rows[FIRST][0])))
    assert wrong(lambda rows: rows[SECOND].append(rows[FIRST].pop()))
    assert any('2 times' in problem for problem in wrong(lambda rows: rows[SECOND].append(rows[FIRST][0])))


def test_missing_and_unexpected_objects_are_found(wrong):
    assert wrong(lambda rows: rows.pop(SECOND))
    assert wrong(lambda rows: rows.update({SECOND.replace('02.', '03.'): []}))
    # As a day has for a while that has lost its rows.
    assert wrong(lambda rows: rows.update({SECOND.replace('02', '03'): []})) == []
    assert wrong(lambda rows: rows.update({SECOND.replace('_20250102', '_20250102_1'): rows[SECOND]}))
    assert wrong(afterwards=lambda folder: (folder / 'stray.parquet').write_text(''))
    assert wrong(afterwards=lambda folder: (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:-9]))


def test_wrong_types_and_columns_are_found(wrong):
    def replaced(name, kind):
        return ARROW.set(ARROW.get_field_index(name), pyarrow.field(name, kind))

    assert wrong(schema=replaced('id', pyarrow.int64()))
    assert wrong(schema=replaced('created_at', pyarrow.timestamp('us')))
    assert wrong(schema=replaced('amount', pyarrow.decimal128(12, 2)))
    assert wrong(schema=replaced('note', pyarrow.binary()))
    assert wrong(schema=ARROW.append(pyarrow.field('more', pyarrow.string())))
    assert wrong(footer={name: value for name, value in FOOTER.items() if name != 'sluice.lsn'})
    assert wrong(footer={**FOOTER, 'sluice.columns': json.dumps([{'name': 'id'}])})


def test_columns_that_have_changed(database, wrong):
    database.execute(GROWN.removeprefix(SCHEMA + ';'))
    assert wrong() == []
    database.execute('ALTER TABLE sale RENAME note TO remark')
    assert wrong()
    kept = Kept(versions={'remark': (('remark', None), ('note', None))})
    assert wrong(kept=kept) == []
    assert wrong(change(FIRST, 0, note='b'), kept=kept)
    database.execute('ALTER TABLE sale DROP remark')
    assert wrong()
    described = Kept(dropped=('note',))
    assert wrong(kept=described) == []


def test_rows_that_are_kept_after_their_deletion(database, wrong):
    database.execute('WITH gone AS (DELETE FROM sale WHERE id = 1 RETURNING *) INSERT INTO graves.sale SELECT * FROM gone')
    kept = Kept(graves='sale')
    assert wrong(kept=kept, schema=DELETED)
    assert wrong(change(FIRST, 0, _deleted=True), kept=kept, schema=DELETED) == []
    assert wrong(lambda rows: rows[FIRST].pop(0), kept=kept, schema=DELETED)
    assert wrong(lambda rows: [change(FIRST, index, _deleted=True)(rows) for index in (0, 1)], kept=kept, schema=DELETED)
    assert wrong(change(FIRST, 0, _deleted=True), schema=DELETED, kept=dataclasses.replace(kept, graves=None))
