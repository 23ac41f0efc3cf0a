-- The life of a case: what it owes and by when, hand-offs, merges.

-- Since when the customer waits for an answer of ours; null: nothing is owed.
alter table cases add column asked_at timestamptz;
update cases set asked_at = opened_at where responded_at is null and state in ('new','open','waiting');

-- The running targets of cases, kept by the program from the log; due_at is
-- null while the clock stands. since tells one next response from another.
create table targets (
    case_id     bigint not null references cases (id),
    target      text not null check (target in ('first_response','next_response','resolution')),
    since       timestamptz not null,
    warn_at     timestamptz,
    due_at      timestamptz,
    warned_at   timestamptz,
    breached_at timestamptz,
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
    id          bigint generated always as identity primary key,
    case_id     bigint not null references cases (id),
    account     text not null,
    asked_at    timestamptz not null,
    missed_at   timestamptz,
    received_at timestamptz,
    ended_at    timestamptz -- received, missed, or no longer waited for
);
create index handoffs_case on handoffs (case_id, id);
create index handoffs_asked on handoffs (asked_at, account, case_id, received_at, missed_at);
create index handoffs_open on handoffs (asked_at, id) where ended_at is null;
insert into handoffs (case_id, account, asked_at)
select c.id, c.account, max(e.at) from cases c join events e on e.case_id = c.id
where c.state = 'waiting' and e.data ->> 'waits_for' = 'private_contact' group by c.id, c.account;

-- What a merge has moved, and how both cases stood, so that it can be undone.
create table merges (
    id        bigint generated always as identity primary key,
    case_id   bigint not null references cases (id), -- the younger
    into_id   bigint not null references cases (id),
    actor     text not null,
    at        timestamptz not null,
    moved     jsonb not null,
    undone_by text not null default '',
    undone_at timestamptz
);
create unique index merges_standing on merges (case_id) where undone_at is null;
create index merges_into on merges (into_id);
