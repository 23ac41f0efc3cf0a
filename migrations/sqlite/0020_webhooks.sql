-- The port of ../postgres/0020_webhooks.sql.
create table webhooks (
    id           integer primary key autoincrement,
    name         text not null unique,
    ref          text not null unique,        -- random; part of every webhook-id
    address      text not null,               -- without query, to be shown
    sealed       blob not null,
    version      integer not null default 1 check (typeof(version) = 'integer'), -- rises when sealed changes
    kinds        text not null check (json_valid(kinds)),    -- kinds of event, or their beginnings with *; []: all
    accounts     text not null check (json_valid(accounts)), -- []: all
    levels       text not null check (json_valid(levels)),   -- of the case; []: all
    escalated    boolean not null check (escalated in (0, 1)), -- only escalated cases
    state        text not null check (state in ('active', 'paused', 'disabled')),
    why          text not null default '',    -- of disabled
    seq          integer not null check (typeof(seq) = 'integer'), -- events up to this number have their deliveries
    failures     integer not null default 0 check (typeof(failures) = 'integer'), -- in a row
    error        text not null default '',    -- of the last of them, without secrets
    failed_at    timestamp check (typeof(failed_at) in ('integer', 'null')),    -- first of them
    rest_until   timestamp check (typeof(rest_until) in ('integer', 'null')),   -- no call before this
    delivered_at timestamp check (typeof(delivered_at) in ('integer', 'null')), -- last call that it took
    created_at   timestamp not null check (typeof(created_at) = 'integer')
);

-- One event for one endpoint. Its words are made when it is sent.
create table webhook_deliveries (
    id          integer primary key autoincrement,
    webhook_id  integer not null references webhooks (id),
    seq         integer not null check (typeof(seq) = 'integer'),     -- of the event
    case_id     integer not null check (typeof(case_id) = 'integer'), -- its order; 0: the installation's
    state       text not null check (state in ('pending', 'delivered', 'dead')),
    attempt     integer not null default 0 check (typeof(attempt) = 'integer'), -- the fence: rises with every claim
    tries       integer not null default 0 check (typeof(tries) = 'integer'),   -- since it was last made due by a person
    next_at     timestamp not null check (typeof(next_at) = 'integer'),
    worker      text,
    lease_until timestamp check (typeof(lease_until) in ('integer', 'null')),
    status      integer not null default 0 check (typeof(status) = 'integer'),  -- of the last answer; 0: none
    error       text not null default '',
    tried_at    timestamp check (typeof(tried_at) in ('integer', 'null')),
    done_at     timestamp check (typeof(done_at) in ('integer', 'null')),       -- when it was delivered or given up
    unique (webhook_id, seq)
);
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, seq) where state = 'pending';
create index webhook_deliveries_order on webhook_deliveries (webhook_id, case_id, seq) where state = 'pending';
create index webhook_deliveries_dead on webhook_deliveries (webhook_id, seq) where state = 'dead';
create index webhook_deliveries_done on webhook_deliveries (done_at) where state <> 'pending';
