"""What PostgreSQL says about a table: its columns, and its rows as PostgreSQL's own output functions print them."""

import io
from dataclasses import dataclass, field

import psycopg2

import carriers
from carriers import civil_from_days, days_from_civil


PLAIN = frozenset('abcdefghijklmnopqrstuvwxyz0123456789-_.')


@dataclass(frozen=True)
class Options:
    """What the configuration says about a table."""

    partition_by: str | None = None
    time_zone: str = 'UTC'
    exclude_columns: tuple = ()
    representations: dict = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True)
class Column:
    name: str
    carrier: carriers.Carrier
    type_name: str
    in_key: bool


@dataclass(frozen=True)
class Table:
    schema: str
    name: str
    columns: list
    partition_column: str | None
    partitioned: bool
    options: Options

    @property
    def lake_name(self):
        return self.options.name or lake_name(self.schema, self.name)


def lake_name(schema, table):
    """The folder of a table: lower case, with all but plain characters percent-encoded, and so is what would hide it."""
    name = (table if schema == 'public' else f'{schema}_{table}').lower()
    encoded = ''.join(chr(byte) if chr(byte) in PLAIN else f'%{byte:02X}' for byte in name.encode())
    return f'%{ord(encoded[0]):02X}{encoded[1:]}' if encoded[0] in '_.' else encoded


def connect(url):
    connection = psycopg2.connect(url)
    # Said to the driver, not in SQL: it would go on decoding what the database's own encoding says.
    connection.set_client_encoding('UTF8')
    connection.set_session(isolation_level='REPEATABLE READ', readonly=True)
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'; SET datestyle = ISO; SET intervalstyle = postgres; SET bytea_output = hex;"
                       'SET extra_float_digits = 1; SET row_security = off;'
                       "SET search_path = ''")
    connection.commit()
    return connection


def quote(identifier):
    return '"' + identifier.replace('"', '""') + '"'


COLUMNS = """
SELECT a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod),
       COALESCE(a.attnum = ANY (k.indkey), false)
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary AND k.indimmediate
 WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
"""

TYPES = """
SELECT t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod, t.typelem, t.typdelim,
       t.typsubscript = 'array_subscript_handler'::regproc, n.nspname
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
"""

DATES = {'date', 'timestamp', 'timestamptz'}


class Catalog:
    """The types of a database."""

    def __init__(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(TYPES)
            self.types = {row[0]: row[1:] for row in cursor}

    def base(self, oid, modifier):
        """A type without the domains around it."""
        name, kind, base, base_modifier, *_ = self.types[oid]
        return self.base(base, base_modifier) if kind == 'd' else (oid, modifier)

    def base_name(self, oid):
        return self.types[self.base(oid, -1)[0]][0]

    def carrier(self, oid, modifier, representation=None):
        """How a column of a type is stored."""
        oid, modifier = self.base(oid, modifier)
        name, kind, _, _, element, _, is_array, schema = self.types[oid]
        if is_array and name not in ('int2vector', 'oidvector'):
            # Maps do not nest.
            inner = self.carrier(element, modifier, representation)
            inner = carriers.Text() if isinstance(inner, carriers.Map) else inner
            return carriers.List(inner, self.types[element][5])
        if name == 'hstore':
            return carriers.Map()
        if kind != 'b' or schema != 'pg_catalog':
            return carriers.Text()
        match name:
            case 'bool':
                return carriers.Boolean()
            case 'int2' | 'int4' | 'int8':
                return carriers.Integer(int(name[3:]) * 8)
            case 'float4' | 'float8':
                return carriers.Float(int(name[5:]) * 8)
            case 'numeric':
                return self.numeric(modifier, representation)
            case 'json' | 'jsonb':
                return carriers.JSON()
            case 'uuid':
                return carriers.UUID() if representation == 'uuid' else carriers.Text()
            case 'bytea':
                return carriers.Bytes()
            case 'date':
                return carriers.Date()
            case 'timestamp' | 'timestamptz':
                return carriers.Timestamp(with_zone=name == 'timestamptz')
            case 'time':
                return carriers.Time() if representation == 'time' else carriers.Text()
        return carriers.Text()

    @staticmethod
    def numeric(modifier, representation):
        if representation == 'double':
            return carriers.NumericAsDouble()
        if representation:
            precision, scale = representation.removeprefix('decimal(').removesuffix(')').split(',')
            return carriers.DecimalNumber(int(precision), int(scale))
        if modifier < 0:
            return carriers.Text()
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, ((modifier - 4 & 0x7FF) ^ 1024) - 1024
        # DECIMAL has neither a negative scale nor one beyond its precision.
        precision, scale = (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
        return carriers.DecimalNumber(precision, scale) if precision <= 38 else carriers.Text()


def describe(connection, catalog, schema, name, options=Options()):
    """The table as the lake must show it."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, (schema, name))
        rows = cursor.fetchall()
        cursor.execute('SELECT relkind FROM pg_class WHERE oid = %s::regclass', (f'{quote(schema)}.{quote(name)}',))
        partitioned = cursor.fetchone()[0] == 'p'
    columns = [
        Column(column, catalog.carrier(oid, modifier, options.representations.get(column)), type_name, in_key)
        for column, oid, modifier, type_name, in_key in rows
        if column not in options.exclude_columns
    ]
    wanted = options.partition_by or 'created_at'
    types = {column: catalog.base_name(oid) for column, oid, *_ in rows}
    return Table(schema, name, columns, wanted if types.get(wanted) in DATES else None,
                 partitioned, options)


def tables(connection, schema='public'):
    """Every ordinary and partitioned table of a schema; partitions are part of their root."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace'
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname",
            (quote(schema),),
        )
        return [row[0] for row in cursor]


def day_expression(connection, table):
    """SQL for the day that a row belongs to, counted from 1970-01-01; NULL where the table has no days."""
    if table.partition_column is None:
        return 'NULL'
    column = quote(table.partition_column)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT pg_typeof(({column} + interval \'0\'))::text, pg_typeof({column} - {column})::text'
            f' FROM (SELECT (SELECT {column} FROM {quote(table.schema)}.{quote(table.name)} LIMIT 0) AS {column}) AS typed'
        )
        moved, distance = cursor.fetchone()
        zoned = moved == 'timestamp with time zone'
        local = cursor.mogrify(f'{column} AT TIME ZONE %s', (table.options.time_zone,)).decode() if zoned else column
    # From here on 64 bits of microseconds since 1970 hold no instant; the distance of two dates is a number.
    limit = f" WHEN {column} >= '294247-01-10 04:00:54.775808{'+00' if zoned else ''}' THEN 0"
    beyond = '' if distance == 'integer' else limit
    return (f"CASE WHEN {column} IS NULL OR NOT isfinite({column}) THEN 0{beyond}"
            f" WHEN ({local})::date < date '0001-01-01' THEN 0"
            f" ELSE ({local})::date - date '1970-01-01' END")


def rows(connection, table, where=None):
    """The rows as (day, values), each value as its carrier reads it from PostgreSQL's text."""
    names = ''.join(', ' + quote(column.name) for column in table.columns)
    # A table's own rows: what inherits from it is a table too. A partitioned table has none of its own.
    only = '' if table.partitioned else 'ONLY '
    source = f'{only}{quote(table.schema)}.{quote(table.name)}'
    query = f'COPY (SELECT {day_expression(connection, table)}{names} FROM {source}'
    query += f' WHERE {where}) TO STDOUT' if where else ') TO STDOUT'
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(query, buffer)
    for line in buffer.getvalue().split(b'\n')[:-1]:
        day, *cells = line.split(b'\t')
        yield (
            None if day == b'\\N' else int(day),
            tuple(
                None if cell == b'\\N' else column.carrier.from_text(unescape(cell))
                for column, cell in zip(table.columns, cells, strict=True)
            ),
        )


ESCAPES = {'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}


def unescape(cell):
    """The text of a cell of COPY's text format."""
    head, *rest = cell.decode().split('\\')
    if not rest:
        return head
    parts, escaped = [head], iter(rest)
    for part in escaped:
        if part == '':
            parts.append('\\' + next(escaped))
        else:
            parts.append(ESCAPES.get(part[0], part[0]) + part[1:])
    return ''.join(parts)


def day_number(text):
    """Days from 1970-01-01 of a day written as YYYY-MM-DD."""
    return days_from_civil(*map(int, text.split('-')))


def object_name(name, day):
    """The path of a table's object for a day, or of its only object."""
    if day is None:
        return f'{name}/{name}.parquet'
    year, month, day = civil_from_days(day)
    return f'{name}/year={year:04d}/month={month:02d}/day={day:02d}/{name}_{year:04d}{month:02d}{day:02d}.parquet'
