-- The port of ../postgres/0001_start.sql. SQLite would take anything in any
-- column, so checks hold types and JSON; times are integers, microseconds
-- since 1970 UTC, in columns called timestamp for the driver's sake.

create table accounts (
    name         text primary key, -- as in the configuration
    network      text not null,
    host         text not null,
    version      integer not null default 0 check (typeof(version) = 'integer'), -- rises with every batch: the guard of intake
    cursor       blob,
    paused_by    text, -- login; null: polling goes on
    paused_at    timestamp check (typeof(paused_at) in ('integer', 'null')),
    polled_at    timestamp check (typeof(polled_at) in ('integer', 'null')), -- last try
    good_at      timestamp check (typeof(good_at) in ('integer', 'null')), -- last try that worked
    next_at      timestamp check (typeof(next_at) in ('integer', 'null')), -- no poll before this (rate limit, back-off)
    failures     integer not null default 0 check (typeof(failures) = 'integer'), -- in a row
    error        text not null default '',
    error_reason text not null default '',
    lag_ms       integer not null default 0 check (typeof(lag_ms) = 'integer'), -- of the newest mention: stored minus posted
    mention_at   timestamp check (typeof(mention_at) in ('integer', 'null')), -- newest mention stored
    stream_up    boolean not null default false check (stream_up in (0, 1)),
    stream_at    timestamp check (typeof(stream_at) in ('integer', 'null')) -- when stream_up changed
);

create table counters (
    name  text primary key,
    value integer not null check (typeof(value) = 'integer')
);
insert into counters (name, value) values ('case', 1000), ('event', 0), ('switch', 0);

create table cases (
    id           integer primary key, -- from counters: numbers rise and are never reused
    number       text not null unique, -- K-1042
    account      text not null,
    network      text not null,
    host         text not null,
    customer_id  text not null, -- the network's id of the author
    customer     text not null check (json_valid(customer)), -- {handle, name, url, followers}
    state        text not null check (state in ('new','open','waiting','resolved','closed','merged')),
    level        integer not null check (level between 1 and 4) check (typeof(level) = 'integer'),
    intent       text not null,
    score        integer not null check (score between 0 and 100) check (typeof(score) = 'integer'),
    escalated    boolean not null check (escalated in (0, 1)),
    escalation   text not null,
    orders       text not null check (json_valid(orders)),
    opened_at    timestamp not null check (typeof(opened_at) = 'integer'),
    updated_at   timestamp not null check (typeof(updated_at) = 'integer'),
    due_at       timestamp not null check (typeof(due_at) = 'integer'), -- first response
    responded_at timestamp check (typeof(responded_at) in ('integer', 'null')),
    breached_at  timestamp check (typeof(breached_at) in ('integer', 'null')), -- set once, when due_at passed without a response
    resolved_at  timestamp check (typeof(resolved_at) in ('integer', 'null')),
    look_at      timestamp check (typeof(look_at) in ('integer', 'null')), -- next look into its threads
    looks        integer not null default 0 check (typeof(looks) = 'integer'),
    assignee     text not null default '',
    merged_into  integer references cases (id) check (typeof(merged_into) in ('integer', 'null')),
    linked       integer references cases (id) check (typeof(linked) in ('integer', 'null')),
    version      integer not null check (typeof(version) = 'integer')
);
create index cases_customer on cases (account, customer_id, opened_at);
create index cases_look on cases (look_at) where look_at is not null;
create index cases_due on cases (due_at) where responded_at is null and breached_at is null;
create index cases_resolved on cases (resolved_at) where state = 'resolved';
create index cases_list on cases (opened_at, id);

create table mentions (
    id            integer primary key autoincrement,
    network       text not null,
    host          text not null,
    post_id       text not null,
    account       text not null,
    kind          text not null,
    case_id       integer references cases (id) check (typeof(case_id) in ('integer', 'null')),
    author_id     text not null,
    author_handle text not null,
    author_name   text not null,
    author_url    text not null,
    followers     integer not null check (typeof(followers) = 'integer'),
    bot           boolean not null check (bot in (0, 1)),
    body          text not null, -- what spans count in; '' once gone
    warning       text not null,
    language      text not null, -- the network's claim
    visibility    text not null,
    url           text not null,
    parent_id     text not null,
    parent_by     text not null,
    root_id       text not null,
    media         text not null check (json_valid(media)),
    created_at    timestamp not null check (typeof(created_at) = 'integer'),
    edited_at     timestamp check (typeof(edited_at) in ('integer', 'null')),
    revision      text not null,
    received_at   timestamp not null check (typeof(received_at) = 'integer'),
    looked_at     timestamp check (typeof(looked_at) in ('integer', 'null')), -- last nightly look at whether it still stands
    gone_at       timestamp check (typeof(gone_at) in ('integer', 'null')),
    -- the newest assessment
    rules         text not null,
    intent        text not null,
    escalate      boolean not null check (escalate in (0, 1)),
    urgency       integer not null check (typeof(urgency) = 'integer'),
    sentiment     integer not null check (typeof(sentiment) = 'integer'),
    lang          text not null,
    score         integer not null check (typeof(score) = 'integer'),
    ignored       text not null, -- noise rule; '' when it is a matter
    thanks        boolean not null check (thanks in (0, 1)),
    masked        text not null,
    signals       text not null check (json_valid(signals)),
    entities      text not null check (json_valid(entities)),
    unique (network, host, post_id)
);
create index mentions_case on mentions (case_id, created_at) where case_id is not null;
create index mentions_author on mentions (account, author_id, created_at);
create index mentions_account on mentions (account, created_at);

create table replies (
    id          integer primary key autoincrement,
    case_id     integer not null references cases (id) check (typeof(case_id) = 'integer'),
    mention_id  integer not null references mentions (id) check (typeof(mention_id) = 'integer'),
    account     text not null,
    state       text not null check (state in ('proposed','checked','awaiting','approved','holding','sending','sent',
                    'blocked','rejected','withdrawn','superseded','expired','cancelled','failed','unknown')),
    version     integer not null check (typeof(version) = 'integer'),
    payload     text not null check (json_valid(payload)),
    hash        text not null,
    findings    text not null check (json_valid(findings)),
    author      text not null,
    reason      text not null default '',
    decided_by  text not null default '',
    decided_at  timestamp check (typeof(decided_at) in ('integer', 'null')),
    hold_until  timestamp check (typeof(hold_until) in ('integer', 'null')),
    expires_at  timestamp not null check (typeof(expires_at) = 'integer'),
    key         text unique, -- made at approval, the same on every attempt
    attempt     integer not null default 0 check (typeof(attempt) = 'integer'),
    worker      text not null default '', -- who holds lease_until, for sending and looks
    lease_until timestamp check (typeof(lease_until) in ('integer', 'null')),
    retry_at    timestamp check (typeof(retry_at) in ('integer', 'null')), -- failed: when to try again; null: a person decides
    look_at     timestamp check (typeof(look_at) in ('integer', 'null')), -- unknown: next look; null: handed to a person
    looks       integer not null default 0 check (typeof(looks) = 'integer'), -- looks that got an answer
    sent_at     timestamp check (typeof(sent_at) in ('integer', 'null')),
    post_id     text,
    post_url    text not null default '',
    created_at  timestamp not null check (typeof(created_at) = 'integer'),
    updated_at  timestamp not null check (typeof(updated_at) = 'integer'),
    -- the queue's order, one ascending tuple
    due_at      timestamp not null check (typeof(due_at) = 'integer'),
    rank        integer not null check (typeof(rank) = 'integer'), -- 100 - score
    opened_at   timestamp not null check (typeof(opened_at) = 'integer'),
    check ((state = 'sent') = (post_id is not null))
);
create unique index replies_one_live on replies (mention_id)
    where state in ('proposed','checked','awaiting','approved','holding','sending','blocked','failed','unknown');
create index replies_queue on replies (due_at, rank, opened_at, id) where state = 'awaiting';
create index replies_work on replies (state, hold_until) where state in ('approved','holding','sending','failed','unknown');
create index replies_case on replies (case_id);
create index replies_post on replies (account, post_id) where post_id is not null;

create table reply_versions (
    reply_id   integer not null references replies (id) check (typeof(reply_id) = 'integer'),
    version    integer not null check (typeof(version) = 'integer'),
    payload    text not null check (json_valid(payload)),
    hash       text not null,
    findings   text not null check (json_valid(findings)),
    author     text not null,
    created_at timestamp not null check (typeof(created_at) = 'integer'),
    primary key (reply_id, version)
);

create table attempts (
    reply_id    integer not null references replies (id) check (typeof(reply_id) = 'integer'),
    n           integer not null check (typeof(n) = 'integer'),
    hash        text not null,
    worker      text not null,
    begun_at    timestamp not null check (typeof(begun_at) = 'integer'),
    lease_until timestamp not null check (typeof(lease_until) = 'integer'),
    ended_at    timestamp check (typeof(ended_at) in ('integer', 'null')),
    outcome     text not null default '', -- sent, failed, unknown, absent (by a person)
    reason      text not null default '',
    primary key (reply_id, n)
);

create table events (
    id           integer primary key autoincrement,
    seq          integer unique check (typeof(seq) in ('integer', 'null')), -- given after commit, by one writer at a time
    kind         text not null,
    case_id      integer check (typeof(case_id) in ('integer', 'null')),
    case_version integer not null default 0 check (typeof(case_version) = 'integer'),
    reply_id     integer check (typeof(reply_id) in ('integer', 'null')),
    actor        text not null,
    at           timestamp not null check (typeof(at) = 'integer'),
    data         text not null check (json_valid(data))
);
create index events_unnumbered on events (id) where seq is null;
create index events_case on events (case_id, id) where case_id is not null;

create table gaps (
    id       integer primary key autoincrement,
    account  text not null,
    from_at  timestamp not null check (typeof(from_at) = 'integer'),
    to_at    timestamp check (typeof(to_at) in ('integer', 'null')),
    reason   text not null,
    noted_at timestamp not null check (typeof(noted_at) = 'integer'),
    unique (account, from_at, reason)
);

create table set_aside (
    id       integer primary key autoincrement,
    account  text not null,
    item     text not null, -- the network's id, or a hash
    raw      blob not null,
    problem  text not null,
    at       timestamp not null check (typeof(at) = 'integer'),
    unique (account, item)
);

create table leases (
    name   text primary key,
    holder text not null,
    fence  integer not null check (typeof(fence) = 'integer'), -- rises with every taking
    until  timestamp not null check (typeof(until) = 'integer')
);

create table schedules (
    name    text primary key,
    spec    text not null,
    next_at timestamp not null check (typeof(next_at) = 'integer')
);

create table settings (
    name  text primary key, -- 'stop' while publishing is stopped
    value text not null,
    actor text not null,
    at    timestamp not null check (typeof(at) = 'integer')
);

create table people (
    id         integer primary key autoincrement,
    login      text not null unique,
    name       text not null,
    password   text not null, -- argon2id; '' when none is set
    roles      text not null check (json_valid(roles)), -- {"*": "approver"} by account name
    disabled   boolean not null default false check (disabled in (0, 1)),
    created_at timestamp not null check (typeof(created_at) = 'integer')
);

create table sessions (
    hash       text primary key, -- SHA-256 of the cookie
    person_id  integer not null references people (id) check (typeof(person_id) = 'integer'),
    created_at timestamp not null check (typeof(created_at) = 'integer'),
    expires_at timestamp not null check (typeof(expires_at) = 'integer')
);

create table tokens (
    id         integer primary key autoincrement,
    name       text not null,
    hash       text not null unique, -- SHA-256 of the token
    person_id  integer references people (id) check (typeof(person_id) in ('integer', 'null')), -- null: a system's token, which can never approve
    scopes     text not null check (json_valid(scopes)),
    created_at timestamp not null check (typeof(created_at) = 'integer'),
    expires_at timestamp check (typeof(expires_at) in ('integer', 'null')),
    used_at    timestamp check (typeof(used_at) in ('integer', 'null'))
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
       json_remove(e.data, '$.note') as data -- people's notes are private
from events e left join cases c on c.id = e.case_id
where e.seq is not null;
