-- What the shop's own system says about the orders of cases.

create table case_orders (
    case_id      bigint not null references cases (id),
    order_number text not null,
    due_at       timestamptz,                   -- when it is asked; null: not while its case rests
    tries        integer not null default 0,    -- failures in a row
    fence        bigint not null default 0,     -- rises with every claim
    lease_until  timestamptz,                   -- null: nobody asks just now
    asked_by     text not null default '',      -- login of who wants it asked; empty: the program
    outcome      text not null default 'waiting' check (outcome in ('waiting','found','not_found','failed')),
    why          text not null default '',      -- of a failure
    asked_at     timestamptz,
    facts_at     timestamptz,                   -- when the facts below were told
    status       text not null default '',      -- the shop's words
    moved_at     timestamptz,
    value_minor  bigint,
    currency     text not null default '',
    refund       text not null default '',
    refund_at    timestamptz,
    delivered_at timestamptz,
    expected_at  timestamptz,
    signals      jsonb not null default '[]',   -- by which it raised its case
    primary key (case_id, order_number)
);
create index case_orders_due on case_orders (due_at) where due_at is not null;

-- How asking does: one row.
create table lookup_state (
    name      text primary key check (name = 'shop'),
    failures  integer not null default 0,       -- in a row
    error     text not null default '',
    failed_at timestamptz,                      -- first of the failures in a row
    good_at   timestamptz,                      -- last answer
    next_at   timestamptz                       -- nothing is asked before this
);
insert into lookup_state (name) values ('shop');

insert into counters (name, value) values ('lookup', 0); -- seq of the last event whose case's orders are known

-- Consumers' contract: docs/consumers.md. Not among the views that every
-- consumer may read: migrate --grants --entities.
create view case_orders_v1 as
select o.case_id, o.order_number, o.outcome, o.asked_at, o.facts_at, o.status, o.moved_at as last_movement_at,
       o.value_minor, o.currency, o.refund as refund_state, o.refund_at, o.delivered_at, o.expected_at, o.signals
from case_orders o;
