-- The port of ../postgres/0022_lookup.sql.

-- What the shop's own system says about the orders of cases.

create table case_orders (
    case_id      integer not null references cases (id) check (typeof(case_id) = 'integer'),
    order_number text not null,
    due_at       timestamp check (typeof(due_at) in ('integer', 'null')), -- when it is asked; null: not while its case rests
    tries        integer not null default 0 check (typeof(tries) = 'integer'), -- failures in a row
    fence        integer not null default 0 check (typeof(fence) = 'integer'), -- rises with every claim
    lease_until  timestamp check (typeof(lease_until) in ('integer', 'null')), -- null: nobody asks just now
    asked_by     text not null default '', -- login of who wants it asked; empty: the program
    outcome      text not null default 'waiting' check (outcome in ('waiting','found','not_found','failed')),
    why          text not null default '', -- of a failure
    asked_at     timestamp check (typeof(asked_at) in ('integer', 'null')),
    facts_at     timestamp check (typeof(facts_at) in ('integer', 'null')), -- when the facts below were told
    status       text not null default '', -- the shop's words
    moved_at     timestamp check (typeof(moved_at) in ('integer', 'null')),
    value_minor  integer check (typeof(value_minor) in ('integer', 'null')),
    currency     text not null default '',
    refund       text not null default '',
    refund_at    timestamp check (typeof(refund_at) in ('integer', 'null')),
    delivered_at timestamp check (typeof(delivered_at) in ('integer', 'null')),
    expected_at  timestamp check (typeof(expected_at) in ('integer', 'null')),
    signals      text not null default '[]' check (json_valid(signals)), -- by which it raised its case
    primary key (case_id, order_number)
);
create index case_orders_due on case_orders (due_at) where due_at is not null;

-- How asking does: one row.
create table lookup_state (
    name      text primary key check (name = 'shop'),
    failures  integer not null default 0 check (typeof(failures) = 'integer'), -- in a row
    error     text not null default '',
    failed_at timestamp check (typeof(failed_at) in ('integer', 'null')), -- first of the failures in a row
    good_at   timestamp check (typeof(good_at) in ('integer', 'null')), -- last answer
    next_at   timestamp check (typeof(next_at) in ('integer', 'null')) -- nothing is asked before this
);
insert into lookup_state (name) values ('shop');

insert into counters (name, value) values ('lookup', 0); -- seq of the last event whose case's orders are known

-- Consumers' contract: docs/consumers.md. Not among the views that every
-- consumer may read: migrate --grants --entities.
create view case_orders_v1 as
select o.case_id, o.order_number, o.outcome, o.asked_at, o.facts_at, o.status, o.moved_at as last_movement_at,
       o.value_minor, o.currency, o.refund as refund_state, o.refund_at, o.delivered_at, o.expected_at, o.signals
from case_orders o;
