-- The port of ../postgres/0018_life.sql.

-- Since when the customer waits for an answer of ours; null: nothing is owed.
alter table cases add column asked_at timestamp check (typeof(asked_at) in ('integer', 'null'));
update cases set asked_at = opened_at where responded_at is null and state in ('new','open','waiting');

-- The running targets of cases, kept by the program from the log; due_at is
-- null while the clock stands. since tells one next response from another.
create table targets (
    case_id     integer not null references cases (id) check (typeof(case_id) = 'integer'),
    target      text not null check (target in ('first_response','next_response','resolution')),
    since       timestamp not null check (typeof(since) = 'integer'),
    warn_at     timestamp check (typeof(warn_at) in ('integer', 'null')),
    due_at      timestamp check (typeof(due_at) in ('integer', 'null')),
    warned_at   timestamp check (typeof(warned_at) in ('integer', 'null')),
    breached_at timestamp check (typeof(breached_at) in ('integer', 'null')),
    primary key (case_id, target)
);
create index targets_warn on targets (warn_at, case_id) where warned_at is null and warn_at is not null;
create index targets_due on targets (due_at, case_id)
    where breached_at is null and due_at is not null and target <> 'first_response'; -- that one's breach stands in cases

-- The number of the last event whose case's targets are kept: those of before
-- begin with what happens next.
insert into counters (name, value) select 'targets', coalesce(max(seq), 0) from events;

-- What we have asked customers to tell us in private.
create table handoffs (
    id          integer primary key autoincrement,
    case_id     integer not null references cases (id) check (typeof(case_id) = 'integer'),
    account     text not null,
    asked_at    timestamp not null check (typeof(asked_at) = 'integer'),
    missed_at   timestamp check (typeof(missed_at) in ('integer', 'null')),
    received_at timestamp check (typeof(received_at) in ('integer', 'null')),
    ended_at    timestamp check (typeof(ended_at) in ('integer', 'null')) -- received, missed, or no longer waited for
);
create index handoffs_case on handoffs (case_id, id);
create index handoffs_asked on handoffs (asked_at, account, case_id, received_at, missed_at);
create index handoffs_open on handoffs (asked_at, id) where ended_at is null;
insert into handoffs (case_id, account, asked_at)
select c.id, c.account, max(e.at) from cases c join events e on e.case_id = c.id
where c.state = 'waiting' and e.data ->> 'waits_for' = 'private_contact' group by c.id, c.account;

-- What a merge has moved, and how both cases stood, so that it can be undone.
create table merges (
    id        integer primary key autoincrement,
    case_id   integer not null references cases (id) check (typeof(case_id) = 'integer'), -- the younger
    into_id   integer not null references cases (id) check (typeof(into_id) = 'integer'),
    actor     text not null,
    at        timestamp not null check (typeof(at) = 'integer'),
    moved     text not null check (json_valid(moved)),
    undone_by text not null default '',
    undone_at timestamp check (typeof(undone_at) in ('integer', 'null'))
);
create unique index merges_standing on merges (case_id) where undone_at is null;
create index merges_into on merges (into_id);
