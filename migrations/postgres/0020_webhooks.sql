-- Endpoints that are told of events. Whole address and secrets are sealed with
-- the key of secrets.key_env; what stands in clear grants nothing.
create table webhooks (
    id           bigint generated always as identity primary key,
    name         text not null unique,
    ref          text not null unique,        -- random; part of every webhook-id
    address      text not null,               -- without query, to be shown
    sealed       bytea not null,
    version      integer not null default 1,  -- rises when sealed changes
    kinds        jsonb not null,              -- kinds of event, or their beginnings with *; []: all
    accounts     jsonb not null,              -- []: all
    levels       jsonb not null,              -- of the case; []: all
    escalated    boolean not null,            -- only escalated cases
    state        text not null check (state in ('active', 'paused', 'disabled')),
    why          text not null default '',    -- of disabled
    seq          bigint not null,             -- events up to this number have their deliveries
    failures     integer not null default 0,  -- in a row
    error        text not null default '',    -- of the last of them, without secrets
    failed_at    timestamptz,                 -- first of them
    rest_until   timestamptz,                 -- no call before this
    delivered_at timestamptz,                 -- last call that it took
    created_at   timestamptz not null
);

-- One event for one endpoint. Its words are made when it is sent.
create table webhook_deliveries (
    id          bigint generated always as identity primary key,
    webhook_id  bigint not null references webhooks (id),
    seq         bigint not null,              -- of the event
    case_id     bigint not null,              -- its order; 0: the installation's
    state       text not null check (state in ('pending', 'delivered', 'dead')),
    attempt     integer not null default 0,   -- the fence: rises with every claim
    tries       integer not null default 0,   -- since it was last made due by a person
    next_at     timestamptz not null,
    worker      text,
    lease_until timestamptz,
    status      integer not null default 0,   -- of the last answer; 0: none
    error       text not null default '',
    tried_at    timestamptz,
    done_at     timestamptz,                  -- when it was delivered or given up
    unique (webhook_id, seq)
);
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, seq) where state = 'pending';
create index webhook_deliveries_order on webhook_deliveries (webhook_id, case_id, seq) where state = 'pending';
create index webhook_deliveries_dead on webhook_deliveries (webhook_id, seq) where state = 'dead';
create index webhook_deliveries_done on webhook_deliveries (done_at) where state <> 'pending';
