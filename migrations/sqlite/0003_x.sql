-- The port of ../postgres/0003_x.sql.

-- A network has said that we are out of credit: no paid call until a person resumes.
alter table accounts add column halted_at timestamp check (typeof(halted_at) in ('integer', 'null'));
alter table accounts add column halted_why text not null default '';

-- What calls have cost: days are UTC, as networks bill.
create table spending (
    account text not null,
    day     timestamp not null check (typeof(day) = 'integer'), -- midnight UTC
    item    text not null, -- of the network's price list
    objects integer not null check (typeof(objects) = 'integer'), -- charged once each
    amount  integer not null check (typeof(amount) = 'integer'), -- millionths of a US dollar
    primary key (account, day, item)
);

-- What was charged for on a day, so that reading it again is free. Kept for two days.
create table charged (
    account text not null,
    day     timestamp not null check (typeof(day) = 'integer'),
    object  text not null,
    primary key (account, day, object)
) without rowid;

-- The most that calls under way may cost. One whose end nobody told counts in full.
create table reservations (
    id      integer primary key autoincrement,
    account text not null,
    day     timestamp not null check (typeof(day) = 'integer'),
    item    text not null,
    objects integer not null check (typeof(objects) = 'integer'),
    amount  integer not null check (typeof(amount) = 'integer'),
    made_at timestamp not null check (typeof(made_at) = 'integer')
);
create index reservations_day on reservations (account, day);

-- OAuth tokens, sealed by a key that is not in the database.
create table credentials (
    account    text primary key,
    sealed     blob not null,
    version    integer not null check (typeof(version) = 'integer'), -- rises with every storing
    updated_at timestamp not null check (typeof(updated_at) = 'integer')
);

-- Posts that were pushed and wait for intake.
create table inbox (
    id          integer primary key autoincrement,
    account     text not null,
    post_id     text not null,
    mention     text not null check (json_valid(mention)),
    received_at timestamp not null check (typeof(received_at) = 'integer'),
    unique (account, post_id)
);
create index inbox_waiting on inbox (account, id);
