-- The port of ../postgres/0005_people.sql.

-- Whose words and cases a person works on: what "my" means in filters.
alter table people add column teams text not null default '[]' check (json_valid(teams));
alter table people add column languages text not null default '[]' check (json_valid(languages)); -- codes such as "en"

-- Who a person is at an identity provider. Never matched by e-mail.
create table people_identities (
    issuer    text not null,
    subject   text not null,
    person_id integer not null references people (id) check (typeof(person_id) = 'integer'),
    linked_at timestamp not null check (typeof(linked_at) = 'integer'),
    primary key (issuer, subject)
);
create index people_identities_person on people_identities (person_id);

-- Links that work once: to set a password, or to enter without one.
create table people_links (
    hash       text primary key, -- SHA-256 of the code in the link
    person_id  integer not null references people (id) check (typeof(person_id) = 'integer'),
    purpose    text not null check (purpose in ('password', 'enter')),
    made_by    text not null,
    expires_at timestamp not null check (typeof(expires_at) = 'integer'),
    unique (person_id, purpose)
);

-- SQLite cannot add a number that rises by itself to a table that stands.
create table sessions_new (
    id         integer primary key autoincrement, -- by which people end one
    hash       text not null unique, -- SHA-256 of the cookie
    person_id  integer not null references people (id) check (typeof(person_id) = 'integer'),
    created_at timestamp not null check (typeof(created_at) = 'integer'),
    expires_at timestamp not null check (typeof(expires_at) = 'integer'),
    used_at    timestamp check (typeof(used_at) in ('integer', 'null')),
    address    text not null default '', -- without its last part
    agent      text not null default ''  -- browser and system, no more
);
insert into sessions_new (hash, person_id, created_at, expires_at) select hash, person_id, created_at, expires_at from sessions;
drop table sessions;
alter table sessions_new rename to sessions;
create index sessions_person on sessions (person_id);

-- The audit's order, and its rare rows: those of people, and those of no case.
create index events_at on events (at, id);
create index events_person on events (actor, at, id) where actor <> 'socialwatch';
create index events_caseless on events (kind, at, id) where case_id is null;

-- Consumers' contract: docs/consumers.md. Who may do what is none of their business.
drop view case_events_v1;
create view case_events_v1 as
select e.seq, e.kind, e.case_id, c.number as case_number, e.case_version, e.reply_id, e.actor, e.at,
       json_remove(e.data, '$.note') as data -- people's notes are private
from events e left join cases c on c.id = e.case_id
where e.seq is not null and e.kind not like 'people.%';
