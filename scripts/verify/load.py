"""Writers that never pause: inserts, updates, deletes, TRUNCATE, rollbacks, savepoints, transactions of all sizes."""

import random
import time

import psycopg2

from writers import Writers

TABLES = """
CREATE TABLE keyed (id bigint PRIMARY KEY, name text, amount numeric(12,2), at timestamptz DEFAULT now(), big text);
ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL;
CREATE TABLE composite (a int, b text, n int, note text, PRIMARY KEY (a, b));
CREATE TABLE keyless (kind int, note text, at timestamptz);
ALTER TABLE keyless REPLICA IDENTITY FULL;
"""
KEYS = {'keyed': ('id',), 'composite': ('a', 'b'), 'keyless': ()}


class Load(Writers):
    """Threads that write to TABLES until told to stop."""

    def __init__(self, made, writers=3, seed=1, truncates=True, pause=0.01):
        super().__init__([random.Random(seed * 100 + number) for number in range(writers)])
        self.made, self.truncates, self.pause = made, truncates, pause

    def write(self, dice, number):
        connection = psycopg2.connect(self.made.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET commit_delay = 2000; SET commit_siblings = 0; SET search_path = public")
            connection.commit()
            serial = number * 10_000_000
            while not self.stopping.is_set():
                with connection.cursor() as cursor:
                    try:
                        for _ in range(dice.choice([1, 1, 1, 2, 5, 20])):
                            serial = self.step(cursor, dice, serial, number)
                        if dice.random() < 0.15:
                            connection.rollback()
                        else:
                            connection.commit()
                        self.transactions += 1
                    except (psycopg2.errors.UniqueViolation, psycopg2.errors.DeadlockDetected):
                        connection.rollback()
                if dice.random() < 0.6:
                    time.sleep(dice.random() * self.pause * 2)
        except Exception as error:
            self.errors.append(f'{type(error).__name__}: {error}')
        finally:
            connection.close()

    def step(self, cursor, dice, serial, number):
        roll = dice.random()
        if roll < 0.35:
            count = dice.choice([1, 1, 3, 50, 400])
            cursor.execute("INSERT INTO keyed SELECT g, 'n' || g, g * 0.01, now(), CASE WHEN g %% 5 = 0 THEN repeat('x', 3000) END"
                           " FROM generate_series(%s, %s) g", (serial + 1, serial + count))
            return serial + count
        if roll < 0.5:
            cursor.execute("UPDATE keyed SET name = name || '!' WHERE id %% 50 = %s AND id / 10000000 = %s",
                           (dice.randrange(50), number))
        elif roll < 0.55:
            # Each writer keeps to keys of its own, so that they do not wait for one another for ever.
            cursor.execute("UPDATE keyed SET id = id + 5000000 WHERE id = (SELECT min(id) FROM keyed WHERE id / 10000000 = %s"
                           " AND id %% 10000000 < 5000000)", (number,))
        elif roll < 0.65:
            cursor.execute("DELETE FROM keyed WHERE id %% 97 = %s AND id / 10000000 = %s", (dice.randrange(97), number))
        elif roll < 0.75:
            cursor.execute("INSERT INTO composite SELECT %s, 'k' || g, g, 'x' FROM generate_series(1, %s) g ON CONFLICT (a, b)"
                           " DO UPDATE SET n = composite.n + 1", (number, dice.randrange(1, 30)))
        elif roll < 0.8:
            cursor.execute("DELETE FROM composite WHERE a = %s AND n %% 3 = 0", (number,))
        elif roll < 0.88:
            cursor.execute("INSERT INTO keyless SELECT %s, 'r' || (g %% 3), '2026-01-01' FROM generate_series(1, %s) g",
                           (number, dice.randrange(1, 6)))
        elif roll < 0.93:
            cursor.execute("DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless WHERE kind = %s)", (number,))
        elif roll < 0.97:
            cursor.execute('SAVEPOINT a')
            serial = self.step(cursor, dice, serial, number)
            cursor.execute('ROLLBACK TO a' if dice.random() < 0.6 else 'RELEASE a')
        elif self.truncates and roll > 0.995:
            cursor.execute('TRUNCATE ' + dice.choice(['composite', 'keyless', 'keyed, composite']))
        else:
            cursor.execute("SELECT pg_logical_emit_message(%s, 'load', 'x')", (dice.random() < 0.5,))
        return serial
