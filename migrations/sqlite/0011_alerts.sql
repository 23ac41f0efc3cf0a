-- The port of ../postgres/0011_alerts.sql.
create table alarms (
    kind    text not null,
    account text not null,
    since   timestamp not null check (typeof(since) = 'integer'),
    primary key (kind, account)
);

-- How telling each endpoint of alerts goes. Their addresses are secrets and
-- stand nowhere here.
create table alert_endpoints (
    name      text primary key,           -- as in the configuration
    seq       integer not null check (typeof(seq) = 'integer'), -- of the last event that was told or passed over
    told_at   timestamp check (typeof(told_at) in ('integer', 'null')), -- last message that arrived
    messages  integer not null default 0 check (typeof(messages) = 'integer'), -- that arrived
    failures  integer not null default 0 check (typeof(failures) = 'integer'), -- in a row
    error     text not null default '',
    failed_at timestamp check (typeof(failed_at) in ('integer', 'null')), -- first of the failures in a row
    next_at   timestamp check (typeof(next_at) in ('integer', 'null')) -- no try before this
);
