-- The port of ../postgres/0010_casework.sql.

-- Private words of colleagues, masked before they come here. No view for
-- consumers shows any of it. The body is '' once it is erased.
create table notes (
    id         integer primary key autoincrement,
    case_id    integer not null references cases (id) check (typeof(case_id) = 'integer'),
    author     text not null,               -- login
    body       text not null,
    written_at timestamp not null check (typeof(written_at) = 'integer')
);
create index notes_case on notes (case_id, id);

-- Colleagues whom a note calls.
create table note_calls (
    note_id integer not null references notes (id) check (typeof(note_id) = 'integer'),
    login   text not null,
    seen_at timestamp check (typeof(seen_at) in ('integer', 'null')), -- null: it still calls
    primary key (note_id, login)
);
create index note_calls_open on note_calls (login, note_id) where seen_at is null;

-- Hidden from the queue until then or the next mention; 9999-01-01: only that
-- ends it. A snoozed case's drafts that wait have the same time.
alter table cases add column snoozed_until timestamp check (typeof(snoozed_until) in ('integer', 'null'));
alter table replies add column snoozed_until timestamp check (typeof(snoozed_until) in ('integer', 'null'));
create index cases_snoozed on cases (snoozed_until, id) where snoozed_until is not null;
drop index replies_queue;
create index replies_queue on replies (due_at, rank, opened_at, id, snoozed_until) where state = 'awaiting';

create index cases_assignee on cases (assignee, opened_at, id) where assignee <> '';

create table case_tags (
    case_id integer not null references cases (id) check (typeof(case_id) = 'integer'),
    tag     text not null,                  -- normalised: one word
    primary key (case_id, tag)
);
create index case_tags_tag on case_tags (tag, case_id);

-- Consumers' contract: docs/consumers.md. As in 0006, with tags and
-- snoozed_until at the end.
drop view cases_v1;
create view cases_v1 as
select c.id as case_id, c.number, c.account, c.network, c.host,
       c.customer ->> 'handle' as customer_handle,
       c.state, c.level, c.intent, c.score, c.escalated, c.escalation,
       c.opened_at, c.updated_at, c.due_at, c.responded_at, c.breached_at, c.resolved_at,
       c.assignee, c.merged_into, c.linked as follows_case_id, c.version,
       (select m.url from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_url,
       (select m.masked from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_masked,
       (select count(*) from mentions m where m.case_id = c.id) as mentions,
       c.team, c.incident_id,
       (select json_group_array(tag) from (select t.tag from case_tags t where t.case_id = c.id order by t.tag)) as tags,
       c.snoozed_until
from cases c;
