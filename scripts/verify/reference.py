"""A right lake, written by pyarrow from what PostgreSQL says: slow, and only for trying the judge."""

import json
import pathlib
import struct
from decimal import Decimal

import pyarrow
import pyarrow.parquet

import carriers
import database


def arrow_array(values, carrier):
    """The Arrow array of values as PostgreSQL has them; what Parquet cannot hold is NULL."""
    values = [None if isinstance(value, carriers.Rescued) else value for value in values]

    def mapped(kind, convert=lambda value: value):
        return pyarrow.array([None if value is None else convert(value) for value in values], kind)

    def offsets():
        ends, total = [], 0
        for value in values:
            ends.append(None if value is None else total)
            total += len(value or ())
        return pyarrow.array(ends + [total], pyarrow.int32())

    match carrier:
        case carriers.List():
            elements = [element for value in values for element in value or ()]
            return pyarrow.ListArray.from_arrays(offsets(), arrow_array(elements, carrier.element))
        case carriers.Map():
            pairs = [pair for value in values for pair in value or ()]
            return pyarrow.MapArray.from_arrays(
                offsets(), pyarrow.array([key for key, _ in pairs], pyarrow.string()),
                pyarrow.array([item for _, item in pairs], pyarrow.string()))
        case carriers.JSON():
            return pyarrow.ExtensionArray.from_storage(pyarrow.json_(), mapped(pyarrow.string()))
        case carriers.UUID():
            return pyarrow.ExtensionArray.from_storage(
                pyarrow.uuid(), mapped(pyarrow.binary(16), lambda text: bytes.fromhex(text.replace('-', ''))))
        case carriers.Boolean():
            return mapped(pyarrow.bool_())
        case carriers.Integer():
            narrow = pyarrow.int16() if isinstance(carrier.logical, tuple) else pyarrow.int32()
            return mapped(pyarrow.int64() if carrier.physical == 'INT64' else narrow)
        case carriers.Float():
            kind = pyarrow.float32() if carrier.physical == 'FLOAT' else pyarrow.float64()
            return mapped(kind, lambda value: float('nan') if value == 'NaN' else struct.unpack(carrier.format, value)[0])
        case carriers.DecimalNumber():
            return mapped(pyarrow.decimal128(carrier.precision, carrier.scale),
                          lambda unscaled: Decimal(unscaled).scaleb(-carrier.scale, carriers.exact))
        case carriers.Bytes():
            return mapped(pyarrow.binary())
        case carriers.Date():
            # As a time stamp its day has to be found all the same.
            return mapped(pyarrow.int32(), lambda text: days(text)).cast(pyarrow.date32())
        case carriers.Timestamp():
            return mapped(pyarrow.int64(), carriers.timestamp_microseconds).cast(
                pyarrow.timestamp('us', 'UTC' if carrier.zone else None))
        case carriers.Time():
            return mapped(pyarrow.int64(), lambda text: carriers.timestamp_microseconds(f'1970-01-01 {text}')).cast(
                pyarrow.time64('us'))
    return mapped(pyarrow.string())


def days(text):
    date, _, era = text.partition(' ')
    year, month, day = map(int, date.split('-'))
    return carriers.days_from_civil(1 - year if era else year, month, day)


def write_lake(connection, catalog, folder, tables, options):
    """Writes the tables to the folder as sluice has to."""
    for schema, name in tables:
        table = database.describe(connection, catalog, schema, name, options.get((schema, name), database.Options()))
        by_day = {}
        for day, row in database.rows(connection, table):
            by_day.setdefault(day, []).append(row)
        for day, rows in by_day.items():
            write_object(table, pathlib.Path(folder, database.object_name(table.lake_name, day)), rows)


def write_object(table, path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [column.name for column in table.columns]
    arrays = [arrow_array([row[index] for row in rows], column.carrier) for index, column in enumerate(table.columns)]
    names.append('_lsn')
    arrays.append(pyarrow.array([0] * len(rows), pyarrow.int64()))
    if any(column.carrier.may_rescue for column in table.columns):
        rescued = [{column.name: value.text for column, value in zip(table.columns, row) if isinstance(value, carriers.Rescued)}
                   for row in rows]
        names.append('_rescued')
        arrays.append(pyarrow.array([json.dumps(pairs) if pairs else None for pairs in rescued], pyarrow.string()))
    schema = pyarrow.schema([pyarrow.field(name, array.type) for name, array in zip(names, arrays)])
    with pyarrow.parquet.ParquetWriter(path, schema, store_decimal_as_integer=True, store_schema=False) as writer:
        writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
        writer.add_key_value_metadata({
            'sluice.lsn': '0000000000000001', 'sluice.snapshot': '5:5:', 'sluice.version': '0',
            'sluice.table': f'{table.schema}.{table.name}',
            'sluice.columns': json.dumps([
                {'name': column.name, 'type': column.type_name, 'key': column.in_key} for column in table.columns]),
        })
