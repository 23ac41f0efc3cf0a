-- The port of ../postgres/0006_incidents.sql. SQLite cannot replace a view in place.
create table incidents (
    id        integer primary key autoincrement,
    region    text not null,               -- whose accounts these are
    accounts  text not null check (json_valid(accounts)), -- names, sorted
    intent    text not null,
    term      text not null,               -- what the cases share, normalised
    kind      text not null check (kind in ('name','link','word')),
    severity  text not null check (severity in ('minor','major','critical')),
    began_at  timestamp not null check (typeof(began_at) = 'integer'), -- its first post
    opened_at timestamp not null check (typeof(opened_at) = 'integer'),
    ended_at  timestamp check (typeof(ended_at) in ('integer', 'null')), -- null: it goes on
    evidence  text not null check (json_valid(evidence))
);
create unique index incidents_open on incidents (region, term) where ended_at is null;

alter table cases add column incident_id integer references incidents (id);
create index cases_incident on cases (incident_id) where incident_id is not null;

-- Equal texts of one hour, and who poses as us in a thread.
create index replies_decided on replies (account, decided_at) where decided_at is not null;
create index mentions_impostor on mentions (account, created_at) where cast(signals as text) like '%"must.impostor"%';
create index mentions_root on mentions (root_id);

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
       c.team, c.incident_id
from cases c;
