-- One master: a case that another system has claimed is owned there. Empty: it
-- is ours.
alter table cases add column external_system text not null default '';
alter table cases add column external_ref text not null default '';
alter table cases add column external_url text not null default '';
create index cases_external on cases (external_system, external_ref) where external_system <> '';

-- Consumers' contract: docs/consumers.md. As in 0010, with who owns the case and
-- its targets at the end.
create or replace view cases_v1 as
select c.id as case_id, c.number, c.account, c.network, c.host,
       c.customer ->> 'handle' as customer_handle,
       c.state, c.level, c.intent, c.score, c.escalated, c.escalation,
       c.opened_at, c.updated_at, c.due_at, c.responded_at, c.breached_at, c.resolved_at,
       c.assignee, c.merged_into, c.linked as follows_case_id, c.version,
       (select m.url from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_url,
       (select m.masked from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_masked,
       (select count(*) from mentions m where m.case_id = c.id) as mentions,
       c.team, c.incident_id,
       coalesce((select jsonb_agg(t.tag order by t.tag) from case_tags t where t.case_id = c.id), '[]') as tags,
       c.snoozed_until,
       c.external_system, c.external_ref, c.external_url,
       c.asked_at,
       (select t.due_at from targets t where t.case_id = c.id and t.target = 'next_response') as next_due_at,
       (select t.breached_at from targets t where t.case_id = c.id and t.target = 'next_response') as next_breached_at,
       (select t.due_at from targets t where t.case_id = c.id and t.target = 'resolution') as resolution_due_at,
       (select t.breached_at from targets t where t.case_id = c.id and t.target = 'resolution') as resolution_breached_at
from cases c;

-- Consumers' contract: the posts of cases, without a word that is not masked.
create view case_mentions_v1 as
select m.id as mention_id, m.case_id, m.account, m.network, m.host, m.post_id, m.kind,
       m.author_handle, m.url, m.parent_id as parent_post_id, m.visibility, m.masked, m.lang as language,
       m.intent, m.score, m.urgency, m.sentiment, m.escalate,
       m.created_at, m.edited_at, m.received_at, m.gone_at
from mentions m where m.case_id is not null;

-- Consumers' contract: what we say and said. A reply that is not public may hold
-- anything that somebody typed, so only public ones show their words.
create view replies_v1 as
select r.id as reply_id, r.case_id, r.mention_id, r.account, r.state, r.version,
       case when r.state = 'sent' then r.payload ->> 'text' else '' end as public_text,
       r.payload ->> 'language' as language, r.payload ->> 'visibility' as visibility,
       r.payload ->> 'template' as template, cast(r.payload ->> 'template_version' as integer) as template_version,
       r.edit, r.author, r.decided_by, r.self_approved, r.attempt as attempts,
       r.created_at, r.updated_at, r.expires_at, r.decided_at, r.hold_until, r.sent_at,
       r.post_id, r.post_url
from replies r;

-- What other systems ask of us, and what came of it: a queue in the order of id.
create table case_commands (
    id               bigint generated always as identity primary key,
    key              text not null check (octet_length(key) between 1 and 200),
    system           text not null default cast(session_user as text), -- the server's word for who it is, not the row's
    case_id          bigint,
    case_number      text check (octet_length(case_number) <= 100),
    expected_version integer,
    kind             text not null check (octet_length(kind) between 1 and 40),
    data             jsonb not null default '{}' check (octet_length(cast(data as text)) <= 16384), -- {} once it is answered
    inserted_at      timestamptz not null default clock_timestamp(),
    state            text not null default 'waiting' check (state in ('waiting','applied','refused')),
    reason           text not null default '',
    case_version     integer,
    answered_at      timestamptz,
    tries            integer not null default 0, -- that failed for no fault of the command
    next_at          timestamptz,                -- no try before this
    unique (system, key)
);
create index case_commands_waiting on case_commands (id) where state = 'waiting';
insert into counters (name, value) values ('command', 0); -- whose row lock lets processes take turns

-- An insert rings the bell on which the program listens.
create function case_commands_ring() returns trigger language plpgsql as $$
begin
    perform pg_notify('socialwatch:' || tg_table_schema, '');
    return null;
end $$;
create trigger case_commands_ring after insert on case_commands for each statement execute function case_commands_ring();

-- Consumers' contract: docs/consumers.md. Each system sees its own. Not among the
-- views that every consumer may use: migrate --grants --commands.
create view case_commands_v1 with (security_barrier) as
select c.id as command_id, c.key, c.case_id, c.case_number, c.expected_version, c.kind, c.data,
       c.system, c.inserted_at, c.state, c.reason, c.case_version, c.answered_at
from case_commands c where c.system = cast(session_user as text);
