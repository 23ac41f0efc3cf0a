-- The consumer's own tables: its tickets, and how far it has read. They stand in a
-- schema of its own, which the database's owner has made for its role.
create table if not exists :"own".bookmark (one boolean primary key default true check (one), seq bigint not null default 0,
    at timestamptz not null default now()); -- of the event with that seq
insert into :"own".bookmark default values on conflict do nothing;
create table if not exists :"own".ticket (
    ticket_id   bigint generated always as identity primary key,
    case_id     bigint not null unique,
    case_number text not null,
    opened_at   timestamptz not null default now(),
    closed_at   timestamptz, -- set it: the case is resolved
    news        text not null default ''
);
