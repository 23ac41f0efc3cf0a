-- The port of ../postgres/0021_requests.sql.

-- Writes over the API that a program may send again (Idempotency-Key), and what
-- they were answered with; kept for a day.
create table requests (
    token_id   integer not null references tokens (id) on delete cascade check (typeof(token_id) = 'integer'),
    key        text not null,
    hash       text not null,               -- SHA-256 of the request
    attempt    integer not null,            -- fence: the call that has the key
    begun_at   timestamp not null check (typeof(begun_at) = 'integer'),
    busy_until timestamp not null check (typeof(busy_until) = 'integer'), -- a call that has not ended then has died
    done_at    timestamp check (typeof(done_at) in ('integer', 'null')), -- set in the commit of its effect
    status     integer not null,            -- of the answer; 0: not kept
    body       blob,                        -- of the answer
    primary key (token_id, key)
);
create index requests_begun on requests (begun_at);

-- Lists of the API.
create index cases_updated on cases (updated_at, id);
create index cases_escalated on cases (opened_at, id) where escalated;
create index cases_handle on cases (lower(customer ->> 'handle'), opened_at, id);
create index replies_rest on replies (due_at, rank, opened_at, id) where state <> 'awaiting';
