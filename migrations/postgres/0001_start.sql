-- Runs with the schema of the configuration as search_path.

create table accounts (
    name         text primary key,          -- as in the configuration
    network      text not null,
    host         text not null,
    version      bigint not null default 0, -- rises with every batch: the guard of intake
    cursor       bytea,
    paused_by    text,                      -- login; null: polling goes on
    paused_at    timestamptz,
    polled_at    timestamptz,               -- last try
    good_at      timestamptz,               -- last try that worked
    next_at      timestamptz,               -- no poll before this (rate limit, back-off)
    failures     integer not null default 0,-- in a row
    error        text not null default '',
    error_reason text not null default '',
    lag_ms       bigint not null default 0, -- of the newest mention: stored minus posted
    mention_at   timestamptz,               -- newest mention stored
    stream_up    boolean not null default false,
    stream_at    timestamptz                -- when stream_up changed
);

create table counters (
    name  text primary key,
    value bigint not null
);
insert into counters (name, value) values ('case', 1000), ('event', 0), ('switch', 0);

create table cases (
    id           bigint primary key,        -- from counters: numbers rise and are never reused
    number       text not null unique,      -- K-1042
    account      text not null,
    network      text not null,
    host         text not null,
    customer_id  text not null,             -- the network's id of the author
    customer     jsonb not null,            -- {handle, name, url, followers}
    state        text not null check (state in ('new','open','waiting','resolved','closed','merged')),
    level        integer not null check (level between 1 and 4),
    intent       text not null,
    score        integer not null check (score between 0 and 100),
    escalated    boolean not null,
    escalation   text not null,
    orders       jsonb not null,
    opened_at    timestamptz not null,
    updated_at   timestamptz not null,
    due_at       timestamptz not null,      -- first response
    responded_at timestamptz,
    breached_at  timestamptz,               -- set once, when due_at passed without a response
    resolved_at  timestamptz,
    look_at      timestamptz,               -- next look into its threads
    looks        integer not null default 0,
    assignee     text not null default '',
    merged_into  bigint references cases (id),
    linked       bigint references cases (id),
    version      integer not null
);
create index cases_customer on cases (account, customer_id, opened_at);
create index cases_look on cases (look_at) where look_at is not null;
create index cases_due on cases (due_at) where responded_at is null and breached_at is null;
create index cases_resolved on cases (resolved_at) where state = 'resolved';
create index cases_list on cases (opened_at, id);

create table mentions (
    id            bigint generated always as identity primary key,
    network       text not null,
    host          text not null,
    post_id       text not null,
    account       text not null,
    kind          text not null,
    case_id       bigint references cases (id),
    author_id     text not null,
    author_handle text not null,
    author_name   text not null,
    author_url    text not null,
    followers     integer not null,
    bot           boolean not null,
    body          text not null,            -- what spans count in; '' once gone
    warning       text not null,
    language      text not null,            -- the network's claim
    visibility    text not null,
    url           text not null,
    parent_id     text not null,
    parent_by     text not null,
    root_id       text not null,
    media         jsonb not null,
    created_at    timestamptz not null,
    edited_at     timestamptz,
    revision      text not null,
    received_at   timestamptz not null,
    looked_at     timestamptz,               -- last nightly look at whether it still stands
    gone_at       timestamptz,
    -- the newest assessment
    rules         text not null,
    intent        text not null,
    escalate      boolean not null,
    urgency       integer not null,
    sentiment     integer not null,
    lang          text not null,
    score         integer not null,
    ignored       text not null,            -- noise rule; '' when it is a matter
    thanks        boolean not null,
    masked        text not null,
    signals       jsonb not null,
    entities      jsonb not null,
    unique (network, host, post_id)
);
create index mentions_case on mentions (case_id, created_at) where case_id is not null;
create index mentions_author on mentions (account, author_id, created_at);
create index mentions_account on mentions (account, created_at);

create table replies (
    id          bigint generated always as identity primary key,
    case_id     bigint not null references cases (id),
    mention_id  bigint not null references mentions (id),
    account     text not null,
    state       text not null check (state in ('proposed','checked','awaiting','approved','holding','sending','sent',
                    'blocked','rejected','withdrawn','superseded','expired','cancelled','failed','unknown')),
    version     integer not null,
    payload     jsonb not null,
    hash        text not null,
    findings    jsonb not null,
    author      text not null,
    reason      text not null default '',
    decided_by  text not null default '',
    decided_at  timestamptz,
    hold_until  timestamptz,
    expires_at  timestamptz not null,
    key         text unique,                -- made at approval, the same on every attempt
    attempt     integer not null default 0,
    worker      text not null default '',   -- who holds lease_until, for sending and looks
    lease_until timestamptz,
    retry_at    timestamptz,                -- failed: when to try again; null: a person decides
    look_at     timestamptz,                -- unknown: next look; null: handed to a person
    looks       integer not null default 0, -- looks that got an answer
    sent_at     timestamptz,
    post_id     text,
    post_url    text not null default '',
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    -- the queue's order, one ascending tuple
    due_at      timestamptz not null,
    rank        integer not null,           -- 100 - score
    opened_at   timestamptz not null,
    check ((state = 'sent') = (post_id is not null))
);
create unique index replies_one_live on replies (mention_id)
    where state in ('proposed','checked','awaiting','approved','holding','sending','blocked','failed','unknown');
create index replies_queue on replies (due_at, rank, opened_at, id) where state = 'awaiting';
create index replies_work on replies (state, hold_until) where state in ('approved','holding','sending','failed','unknown');
create index replies_case on replies (case_id);
create index replies_post on replies (account, post_id) where post_id is not null;

create table reply_versions (
    reply_id   bigint not null references replies (id),
    version    integer not null,
    payload    jsonb not null,
    hash       text not null,
    findings   jsonb not null,
    author     text not null,
    created_at timestamptz not null,
    primary key (reply_id, version)
);

create table attempts (
    reply_id    bigint not null references replies (id),
    n           integer not null,
    hash        text not null,
    worker      text not null,
    begun_at    timestamptz not null,
    lease_until timestamptz not null,
    ended_at    timestamptz,
    outcome     text not null default '',   -- sent, failed, unknown, absent (by a person)
    reason      text not null default '',
    primary key (reply_id, n)
);

create table events (
    id           bigint generated always as identity primary key,
    seq          bigint unique,             -- given after commit, by one writer at a time
    kind         text not null,
    case_id      bigint,
    case_version integer not null default 0,
    reply_id     bigint,
    actor        text not null,
    at           timestamptz not null,
    data         jsonb not null
);
create index events_unnumbered on events (id) where seq is null;
create index events_case on events (case_id, id) where case_id is not null;

create table gaps (
    id       bigint generated always as identity primary key,
    account  text not null,
    from_at  timestamptz not null,
    to_at    timestamptz,
    reason   text not null,
    noted_at timestamptz not null,
    unique (account, from_at, reason)
);

create table set_aside (
    id       bigint generated always as identity primary key,
    account  text not null,
    item     text not null,                 -- the network's id, or a hash
    raw      bytea not null,
    problem  text not null,
    at       timestamptz not null,
    unique (account, item)
);

create table leases (
    name   text primary key,
    holder text not null,
    fence  bigint not null,                 -- rises with every taking
    until  timestamptz not null
);

create table schedules (
    name    text primary key,
    spec    text not null,
    next_at timestamptz not null
);

create table settings (
    name  text primary key,                 -- 'stop' while publishing is stopped
    value text not null,
    actor text not null,
    at    timestamptz not null
);

create table people (
    id         bigint generated always as identity primary key,
    login      text not null unique,
    name       text not null,
    password   text not null,               -- argon2id; '' when none is set
    roles      jsonb not null,              -- {"*": "approver"} by account name
    disabled   boolean not null default false,
    created_at timestamptz not null
);

create table sessions (
    hash       text primary key,            -- SHA-256 of the cookie
    person_id  bigint not null references people (id),
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create table tokens (
    id         bigint generated always as identity primary key,
    name       text not null,
    hash       text not null unique,        -- SHA-256 of the token
    person_id  bigint references people (id), -- null: a system's token, which can never approve
    scopes     jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    used_at    timestamptz
);

-- Consumers' contract: docs/consumers.md.

create view cases_v1 as
select c.id as case_id, c.number, c.account, c.network, c.host,
       c.customer ->> 'handle' as customer_handle,
       c.state, c.level, c.intent, c.score, c.escalated, c.escalation,
       c.opened_at, c.updated_at, c.due_at, c.responded_at, c.breached_at, c.resolved_at,
       c.assignee, c.merged_into, c.linked as follows_case_id, c.version,
       (select m.url from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_url,
       (select m.masked from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_masked,
       (select count(*) from mentions m where m.case_id = c.id) as mentions
from cases c;

create view case_events_v1 as
select e.seq, e.kind, e.case_id, c.number as case_number, e.case_version, e.reply_id, e.actor, e.at,
       e.data - 'note' as data -- people's notes are private
from events e left join cases c on c.id = e.case_id
where e.seq is not null;
