-- A backlog of changes in the table `invoices`, kept by the slot `backlog`: 60 % inserts, 30 % updates, 10 % deletes, a
-- tenth of each in transactions of one row, four tenths in transactions of 100, half in transactions of 10,000.
--
--   psql -v changes=2000000 -f backlog.sql        after billing.sql with invoices=1200000 (60 % of the changes)

\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET synchronous_commit = off;

ALTER TABLE invoices RENAME TO invoices_source;
CREATE TABLE invoices (LIKE invoices_source INCLUDING ALL);
CREATE PUBLICATION backlog FOR TABLE invoices;
SELECT pg_create_logical_replication_slot('backlog', 'pgoutput') \g /dev/null

CREATE PROCEDURE change(kind text, first bigint, total bigint, step int) LANGUAGE plpgsql AS $$
DECLARE start bigint;
BEGIN
    FOR start IN SELECT generate_series(first, first + total - 1, step) LOOP
        CASE kind
        WHEN 'insert' THEN
            INSERT INTO invoices OVERRIDING SYSTEM VALUE
            SELECT * FROM invoices_source WHERE id >= start AND id < start + step ORDER BY id;
        WHEN 'update' THEN
            UPDATE invoices SET status = 'paid', paid = true, attempt_count = attempt_count + 1,
                updated_at = updated_at + interval '1 day' WHERE id >= start AND id < start + step;
        WHEN 'delete' THEN
            DELETE FROM invoices WHERE id >= start AND id < start + step;
        END CASE;
        COMMIT;
    END LOOP;
END $$;

SELECT :changes / 10 * 6 AS inserts, :changes / 10 * 3 AS updates, :changes / 10 AS deletes \gset
CALL change('insert', 1, :inserts / 10, 1);
CALL change('insert', 1 + :inserts / 10, :inserts / 10 * 4, 100);
CALL change('insert', 1 + :inserts / 10 * 5, :inserts / 10 * 5, 10000);
CALL change('update', 1, :updates / 10, 1);
CALL change('update', 1 + :updates / 10, :updates / 10 * 4, 100);
CALL change('update', 1 + :updates / 10 * 5, :updates / 10 * 5, 10000);
CALL change('delete', 1, :deletes / 10, 1);
CALL change('delete', 1 + :deletes / 10, :deletes / 10 * 4, 100);
CALL change('delete', 1 + :deletes / 10 * 5, :deletes / 10 * 5, 10000);

SET synchronous_commit = on;
SELECT pg_logical_emit_message(true, 'backlog', 'end') \g /dev/null
CREATE TABLE backlog_end AS SELECT pg_current_wal_flush_lsn() AS lsn;
CHECKPOINT;
