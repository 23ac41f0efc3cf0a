-- The port of ../postgres/0019_contract.sql.

-- One master: a case that another system has claimed is owned there. Empty: it
-- is ours.
alter table cases add column external_system text not null default '';
alter table cases add column external_ref text not null default '';
alter table cases add column external_url text not null default '';
create index cases_external on cases (external_system, external_ref) where external_system <> '';

-- Consumers' contract: docs/consumers.md. As in 0010, with who owns the case and
-- its targets at the end.
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
    id               integer primary key autoincrement,
    key              text not null check (typeof(key) = 'text') check (length(cast(key as blob)) between 1 and 200),
    system           text not null check (typeof(system) = 'text') check (length(cast(system as blob)) between 1 and 63),
    case_id          integer check (typeof(case_id) in ('integer', 'null')),
    case_number      text check (typeof(case_number) in ('text', 'null')) check (length(cast(case_number as blob)) <= 100),
    expected_version integer check (typeof(expected_version) in ('integer', 'null')),
    kind             text not null check (typeof(kind) = 'text') check (length(cast(kind as blob)) between 1 and 40),
    data             text not null check (json_valid(data)) check (length(cast(data as blob)) <= 16384), -- {} once it is answered
    inserted_at      timestamp not null check (typeof(inserted_at) = 'integer'),
    state            text not null default 'waiting' check (state in ('waiting','applied','refused')),
    reason           text not null default '',
    case_version     integer check (typeof(case_version) in ('integer', 'null')),
    answered_at      timestamp check (typeof(answered_at) in ('integer', 'null')),
    tries            integer not null default 0 check (typeof(tries) = 'integer'), -- that failed for no fault of the command
    next_at          timestamp check (typeof(next_at) in ('integer', 'null')), -- no try before this
    unique (system, key)
);
create index case_commands_waiting on case_commands (id) where state = 'waiting';
insert into counters (name, value) values ('command', 0);

-- Consumers' contract: docs/consumers.md. A file has no roles: who can open it
-- sees the commands of all, and the row says which system it is of.
create view case_commands_v1 as
select c.id as command_id, c.key, c.case_id, c.case_number, c.expected_version, c.kind, c.data,
       c.system, c.inserted_at, c.state, c.reason, c.case_version, c.answered_at
from case_commands c;

-- The same key again does nothing.
create trigger case_commands_v1_insert instead of insert on case_commands_v1 begin
    insert into case_commands (key, system, case_id, case_number, expected_version, kind, data, inserted_at)
    values (new.key, coalesce(new.system, 'file'), new.case_id, new.case_number, new.expected_version, new.kind,
            coalesce(new.data, '{}'), cast(round((julianday('now') - 2440587.5) * 86400000.0) as integer) * 1000)
    on conflict (system, key) do nothing;
end;
