-- A table like `invoices` with as many rows a day as asked for: copies of the invoices with other keys and times.
--
--   psql -v table=days_10 -v days=90 -v rows=120000 -f days.sql        after billing.sql
--
-- Ids ascend with created_at, without a gap, from 2025-01-01 on.

\set ON_ERROR_STOP 1
SET TIME ZONE 'UTC';
SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

CREATE TABLE :table (LIKE invoices INCLUDING IDENTITY);

CREATE PROCEDURE pg_temp.copy(name regclass, total bigint, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
    count bigint;
    start bigint;
BEGIN
    SELECT max(id) INTO count FROM invoices;
    FOR start IN SELECT generate_series(0, total - 1, count) LOOP
        EXECUTE format($insert$
            INSERT INTO %s OVERRIDING SYSTEM VALUE
            SELECT $1 + id, md5('row ' || $1 + id)::uuid, user_id, subscription_id, amount, tax_amount, currency, status,
                   due_date - created_at::date + moment::date, paid, attempt_count, metadata, notes, tags,
                   moment, moment + (updated_at - created_at)
            FROM invoices CROSS JOIN LATERAL (
                SELECT timestamptz '2025-01-01 00:00:00+00' + ($1 + id - 1) * (86400000000 / $2) * interval '1 microsecond'
                    AS moment) AS moments
            WHERE id <= $3 - $1 ORDER BY id $insert$, name) USING start, rows, total;
        COMMIT;
    END LOOP;
END $$;
CALL pg_temp.copy(:'table', :days::bigint * :rows, :rows);

ALTER TABLE :table ADD PRIMARY KEY (id);
CREATE INDEX ON :table (created_at);
VACUUM (ANALYZE) :table;
CHECKPOINT;
