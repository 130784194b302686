-- The four tables of a billing system, filled the same way every time.
--
--   psql -v invoices=10000 -v transactions=20000 -v users=5000 -v subscriptions=1000 -f billing.sql
--
-- Rows are spread evenly over the 90 days from 2025-01-01 on; created_at ascends with id.

\set ON_ERROR_STOP 1
SET TIME ZONE 'UTC';
SET client_min_messages = warning;
SET synchronous_commit = off;

DROP TABLE IF EXISTS users, subscriptions, invoices, transactions;
DROP TYPE IF EXISTS invoice_status;
DROP FUNCTION IF EXISTS roll(bigint, int, int), moment(bigint, bigint);

CREATE TYPE invoice_status AS ENUM ('draft', 'open', 'paid', 'void', 'uncollectible');

CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_uuid     uuid NOT NULL,
    email         text NOT NULL,
    full_name     text,
    country       char(2) NOT NULL,
    credit_limit  numeric(12,2),
    is_active     boolean NOT NULL,
    login_count   int NOT NULL,
    birth_date    date,
    preferences   jsonb,
    tags          text[],
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

CREATE TABLE subscriptions (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_uuid  uuid NOT NULL,
    user_id            bigint NOT NULL,
    plan               text NOT NULL,
    price              numeric(12,2) NOT NULL,
    currency           char(3) NOT NULL,
    seats              int NOT NULL,
    auto_renew         boolean NOT NULL,
    start_date         date NOT NULL,
    end_date           date,
    metadata           jsonb,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL
);

CREATE TABLE invoices (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_uuid     uuid NOT NULL,
    user_id          bigint NOT NULL,
    subscription_id  bigint,
    amount           numeric(12,2) NOT NULL,
    tax_amount       numeric(12,2) NOT NULL,
    currency         char(3) NOT NULL,
    status           invoice_status NOT NULL,
    due_date         date,
    paid             boolean NOT NULL,
    attempt_count    int NOT NULL,
    metadata         jsonb,
    notes            text,
    tags             text[],
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

CREATE TABLE transactions (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_uuid  uuid NOT NULL,
    invoice_id        bigint NOT NULL,
    amount            numeric(12,2) NOT NULL,
    fee               numeric(12,4),
    currency          char(3) NOT NULL,
    method            text NOT NULL,
    succeeded         boolean NOT NULL,
    risk_score        double precision,
    gateway_response  jsonb,
    failure_reason    text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL
);

-- A number from 0 to sides - 1 that depends on nothing but the row and the column it is for.
CREATE FUNCTION roll(seed bigint, salt int, sides int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((hashint8extended(seed, salt) & 4294967295) % sides)::int $$;

-- When row `n` of `total` was created.
CREATE FUNCTION moment(n bigint, total bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT timestamptz '2025-01-01 00:00:00+00'
       + ((n - 1) * (90::numeric * 86400000000) / total)::bigint * interval '1 microsecond' $$;

INSERT INTO users (user_uuid, email, full_name, country, credit_limit, is_active, login_count, birth_date,
                   preferences, tags, created_at, updated_at)
SELECT md5('user ' || n)::uuid,
       'customer' || n || '@example.com',
       CASE WHEN roll(n, 1, 12) > 0 THEN (ARRAY['Ada Möller', 'Jún Tanaka', 'O''Neil, "Bo"', '陳美'])[1 + roll(n, 2, 4)] END,
       (ARRAY['DE', 'JP', 'US', 'TW', 'IE'])[1 + roll(n, 3, 5)],
       CASE WHEN roll(n, 4, 5) > 0 THEN roll(n, 5, 10000000) / 100::numeric(12,2) END,
       roll(n, 6, 10) > 0,
       roll(n, 7, 2000),
       CASE WHEN roll(n, 8, 3) > 0 THEN date '1940-01-01' + roll(n, 9, 25000) END,
       jsonb_build_object('theme', (ARRAY['light', 'dark'])[1 + roll(n, 10, 2)], 'newsletter', roll(n, 11, 2) = 1),
       CASE roll(n, 12, 3) WHEN 1 THEN ARRAY['vip'] WHEN 2 THEN ARRAY['beta', 'region-' || roll(n, 13, 9)] END,
       moment(n, :users), moment(n, :users) + roll(n, 14, 500000) * interval '1 second'
FROM generate_series(1::bigint, :users) AS n;

INSERT INTO subscriptions (subscription_uuid, user_id, plan, price, currency, seats, auto_renew, start_date, end_date,
                           metadata, created_at, updated_at)
SELECT md5('subscription ' || n)::uuid,
       1 + roll(n, 21, :users),
       (ARRAY['free', 'team', 'business'])[1 + roll(n, 22, 3)],
       roll(n, 23, 90000) / 100::numeric(12,2),
       (ARRAY['EUR', 'JPY', 'USD'])[1 + roll(n, 24, 3)],
       1 + roll(n, 25, 40),
       roll(n, 26, 4) > 0,
       moment(n, :subscriptions)::date,
       CASE WHEN roll(n, 27, 4) = 0 THEN moment(n, :subscriptions)::date + 30 * (1 + roll(n, 28, 12)) END,
       CASE WHEN roll(n, 29, 8) > 0 THEN jsonb_build_object('channel', 'web', 'trial_days', roll(n, 30, 31)) END,
       moment(n, :subscriptions), moment(n, :subscriptions) + roll(n, 31, 500000) * interval '1 second'
FROM generate_series(1::bigint, :subscriptions) AS n;

INSERT INTO invoices (invoice_uuid, user_id, subscription_id, amount, tax_amount, currency, status, due_date, paid,
                      attempt_count, metadata, notes, tags, created_at, updated_at)
SELECT md5('invoice ' || n)::uuid,
       1 + roll(n, 41, :users),
       CASE WHEN roll(n, 42, 9) > 0 THEN 1 + roll(n, 43, :subscriptions) END,
       roll(n, 44, 20000000) / 100::numeric(12,2),
       roll(n, 45, 400000) / 100::numeric(12,2),
       (ARRAY['EUR', 'JPY', 'USD', 'CHF'])[1 + roll(n, 46, 4)],
       (enum_range(NULL::invoice_status))[1 + roll(n, 47, 5)],
       CASE WHEN roll(n, 48, 15) > 0 THEN moment(n, :invoices)::date + 14 END,
       roll(n, 47, 5) = 2,
       roll(n, 49, 4),
       CASE WHEN roll(n, 50, 9) > 0 THEN
           jsonb_build_object('order', roll(n, 51, 5000000), 'source', (ARRAY['web', 'api', 'sales'])[1 + roll(n, 52, 3)]) END,
       CASE WHEN roll(n, 53, 3) = 0 THEN
           'Payable within 14 days – reference ' || substr(md5(n::text), 1, 10) || ', see "terms"' END,
       CASE roll(n, 54, 4) WHEN 1 THEN ARRAY['recurring'] WHEN 2 THEN ARRAY['manual', 'team-' || roll(n, 55, 25)]
                           WHEN 3 THEN ARRAY[]::text[] END,
       moment(n, :invoices), moment(n, :invoices) + roll(n, 56, 500000) * interval '1 second'
FROM generate_series(1::bigint, :invoices) AS n;

INSERT INTO transactions (transaction_uuid, invoice_id, amount, fee, currency, method, succeeded, risk_score,
                          gateway_response, failure_reason, created_at, updated_at)
SELECT md5('transaction ' || n)::uuid,
       1 + roll(n, 61, :invoices),
       roll(n, 62, 20000000) / 100::numeric(12,2),
       CASE WHEN roll(n, 63, 6) > 0 THEN roll(n, 64, 200000) / 10000::numeric(12,4) END,
       (ARRAY['EUR', 'JPY', 'USD', 'CHF'])[1 + roll(n, 65, 4)],
       (ARRAY['card', 'transfer', 'debit'])[1 + roll(n, 66, 3)],
       roll(n, 67, 8) > 0,
       CASE WHEN roll(n, 66, 3) = 0 THEN roll(n, 68, 1000000) / 1e6::float8 END,
       jsonb_build_object('code', roll(n, 69, 60), 'attempt', 1 + roll(n, 70, 3)),
       CASE WHEN roll(n, 67, 8) = 0 THEN (ARRAY['insufficient funds', 'expired card'])[1 + roll(n, 71, 2)] END,
       moment(n, :transactions), moment(n, :transactions) + roll(n, 72, 90000) * interval '1 second'
FROM generate_series(1::bigint, :transactions) AS n;

CREATE INDEX ON users (created_at);
CREATE INDEX ON subscriptions (created_at);
CREATE INDEX ON invoices (created_at);
CREATE INDEX ON transactions (created_at);

VACUUM (ANALYZE) users, subscriptions, invoices, transactions;
