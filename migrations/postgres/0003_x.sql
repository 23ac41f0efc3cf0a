-- What networks that charge, change tokens and push need. No view for
-- consumers shows any of it.

-- A network has said that we are out of credit: no paid call until a person resumes.
alter table accounts add column halted_at timestamptz;
alter table accounts add column halted_why text not null default '';

-- What calls have cost: days are UTC, as networks bill.
create table spending (
    account text not null,
    day     timestamptz not null,           -- midnight UTC
    item    text not null,                  -- of the network's price list
    objects bigint not null,                -- charged once each
    amount  bigint not null,                -- millionths of a US dollar
    primary key (account, day, item)
);

-- What was charged for on a day, so that reading it again is free. Kept for two days.
create table charged (
    account text not null,
    day     timestamptz not null,
    object  text not null,
    primary key (account, day, object)
);

-- The most that calls under way may cost. One whose end nobody told counts in full.
create table reservations (
    id      bigint generated always as identity primary key,
    account text not null,
    day     timestamptz not null,
    item    text not null,
    objects bigint not null,
    amount  bigint not null,
    made_at timestamptz not null
);
create index reservations_day on reservations (account, day);

-- OAuth tokens, sealed by a key that is not in the database.
create table credentials (
    account    text primary key,
    sealed     bytea not null,
    version    bigint not null,             -- rises with every storing
    updated_at timestamptz not null
);

-- Posts that were pushed and wait for intake.
create table inbox (
    id          bigint generated always as identity primary key,
    account     text not null,
    post_id     text not null,
    mention     jsonb not null,
    received_at timestamptz not null,
    unique (account, post_id)
);
create index inbox_waiting on inbox (account, id);
