-- Reports read what happened within a span of time, on any account, from the
-- index alone.
create index cases_responded on cases (responded_at, account, level, intent, opened_at, due_at, state) where responded_at is not null and state <> 'merged';
create index cases_ended on cases (resolved_at, account, level, intent, opened_at, due_at, state) where resolved_at is not null and state <> 'merged';
create index cases_breached on cases (breached_at, account, level, intent, state) where breached_at is not null and state <> 'merged';
create index replies_judged on replies (decided_at, account, state, created_at) where decided_at is not null;
create index mentions_posted on mentions (created_at, account, network, intent, lang, ignored);
create index mentions_tongue on mentions (case_id, lang) where case_id is not null;
