-- Alarms that last, so that each begins and ends once.
create table alarms (
    kind    text not null,
    account text not null,
    since   timestamptz not null,
    primary key (kind, account)
);

-- How telling each endpoint of alerts goes. Their addresses are secrets and
-- stand nowhere here.
create table alert_endpoints (
    name      text primary key,           -- as in the configuration
    seq       bigint not null,            -- of the last event that was told or passed over
    told_at   timestamptz,                -- last message that arrived
    messages  bigint not null default 0,  -- that arrived
    failures  integer not null default 0, -- in a row
    error     text not null default '',
    failed_at timestamptz,                -- first of the failures in a row
    next_at   timestamptz                 -- no try before this
);
