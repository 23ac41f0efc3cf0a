-- The port of ../postgres/0026_arrivals.sql.

-- What arrives beside a case: numbers that posts quote, and replies of ours
-- that the network shows no longer.

create table quotes (
    number     text not null,   -- of a case, as the post writes it
    mention_id integer not null references mentions (id) on delete cascade,
    primary key (number, mention_id)
) strict, without rowid;
create index quotes_mention on quotes (mention_id);

alter table replies add column looked_at timestamp check (typeof(looked_at) in ('integer', 'null')); -- sent: last look at whether it still stands
alter table replies add column gone_at timestamp check (typeof(gone_at) in ('integer', 'null'));     -- sent: it was found gone then
create index replies_gone on replies (case_id) where gone_at is not null;

create index cases_linked on cases (linked) where linked is not null;
create index cases_ordered on cases (opened_at, id) where orders <> '[]';

-- Reports count what became overdue, first responses left out.
create index events_breached on events (at, case_id) where kind = 'case.breached';
