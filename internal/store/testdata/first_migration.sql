-- What a shop had in the tables of 0001_start, in every state that the rows can
-- be in. {at 90} is a time 90 minutes before the test's clock; the rest is
-- understood by both databases.
insert into accounts (name, network, host, version, mention_at) values ('help', 'mastodon', 'social.example', 7, {at 5});
update counters set value = 1006 where name = 'case';
update counters set value = 9 where name = 'event';

insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score, escalated, escalation, orders,
    opened_at, updated_at, due_at, responded_at, breached_at, resolved_at, look_at, looks, assignee, merged_into, linked, version) values
(1001, 'K-1001', 'help', 'mastodon', 'social.example', 'c1', '{"handle": "customer1@far.example", "name": "Customer One", "url": "https://far.example/@customer1", "followers": 12}',
    'new', 2, 'missing_delivery', 70, true, 'no answer for a week', '["100-2233"]', {at 90}, {at 90}, {at 60}, null, {at 60}, null, {at 30}, 2, '', null, null, 1),
(1002, 'K-1002', 'help', 'mastodon', 'social.example', 'c2', '{"handle": "customer2@far.example", "name": "", "url": "", "followers": 0}',
    'open', 3, 'refund_delay', 40, false, '', '[]', {at 300}, {at 200}, {at 240}, {at 250}, null, null, null, 0, 'ana', null, null, 3),
(1003, 'K-1003', 'help', 'mastodon', 'social.example', 'c3', '{"handle": "customer3@far.example"}',
    'waiting', 3, 'stuck_order', 40, false, '', '["100-4455"]', {at 400}, {at 350}, {at 340}, {at 360}, null, null, null, 0, '', null, null, 2),
(1004, 'K-1004', 'help', 'mastodon', 'social.example', 'c4', '{"handle": "customer4@far.example"}',
    'resolved', 4, 'other', 20, false, '', '[]', {at 3000}, {at 1000}, {at 2800}, {at 2900}, null, {at 1000}, null, 0, 'ana', null, null, 4),
(1005, 'K-1005', 'help', 'mastodon', 'social.example', 'c4', '{"handle": "customer4@far.example"}',
    'closed', 4, 'other', 20, false, '', '[]', {at 90000}, {at 80000}, {at 89000}, {at 88000}, {at 89000}, {at 87000}, null, 0, '', null, null, 5),
(1006, 'K-1006', 'help', 'mastodon', 'social.example', 'c1', '{"handle": "customer1@far.example"}',
    'merged', 2, 'missing_delivery', 60, false, '', '[]', {at 80}, {at 70}, {at 50}, null, null, null, null, 0, '', 1001, 1001, 2);

insert into mentions (network, host, post_id, account, kind, case_id, author_id, author_handle, author_name, author_url, followers, bot, body, warning,
    language, visibility, url, parent_id, parent_by, root_id, media, created_at, edited_at, revision, received_at, looked_at, gone_at,
    rules, intent, escalate, urgency, sentiment, lang, score, ignored, thanks, masked, signals, entities)
select 'mastodon', 'social.example', p.post, 'help', 'mention', p.case_id, p.author, p.author || '@far.example', 'Customer', 'https://far.example/@x', 12, false,
    'my parcel 100-2233 never came', '', 'en', 'public', 'https://social.example/' || p.post, '', '', p.post, '[]', {at 90}, null, 'r1', {at 89}, null, null,
    'rules-1', 'missing_delivery', true, 2, -1, 'en', 70, p.ignored, false, 'my parcel ••• never came', '[]', '[{"kind": "order_number", "value": "100-2233", "start": 10, "end": 18}]'
from (select 'p1' as post, 1001 as case_id, 'c1' as author, '' as ignored union all select 'p2', 1002, 'c2', '' union all select 'p3', 1003, 'c3', ''
    union all select 'p4', 1004, 'c4', '' union all select 'p5', 1005, 'c4', '' union all select 'p6', 1001, 'c1', ''
    union all select 'p7', null, 'c9', 'promotion') p
order by p.post;
update mentions set body = '', masked = '', author_handle = '', gone_at = {at 20} where post_id = 'p5';

-- One reply of each state; a live one to a post of its own.
insert into mentions (network, host, post_id, account, kind, case_id, author_id, author_handle, author_name, author_url, followers, bot, body, warning,
    language, visibility, url, parent_id, parent_by, root_id, media, created_at, edited_at, revision, received_at, looked_at, gone_at,
    rules, intent, escalate, urgency, sentiment, lang, score, ignored, thanks, masked, signals, entities)
select 'mastodon', 'social.example', 'of ' || s.state, 'help', 'mention', 1002, 'c2', 'customer2@far.example', '', '', 0, false,
    'where is my refund', '', 'en', 'public', 'https://social.example/' || s.state, '', '', 'p2', '[]', {at 300}, null, 'r1', {at 299}, null, null,
    'rules-1', 'refund_delay', false, 1, 0, 'en', 40, '', false, 'where is my refund', '[]', '[]'
from (select 'proposed' as state union all select 'checked' union all select 'awaiting' union all select 'approved' union all select 'holding'
    union all select 'sending' union all select 'sent' union all select 'blocked' union all select 'rejected' union all select 'withdrawn'
    union all select 'superseded' union all select 'expired' union all select 'cancelled' union all select 'failed' union all select 'unknown') s;

insert into replies (case_id, mention_id, account, state, version, payload, hash, findings, author, reason, decided_by, decided_at, hold_until, expires_at,
    key, attempt, worker, lease_until, retry_at, look_at, looks, sent_at, post_id, post_url, created_at, updated_at, due_at, rank, opened_at)
select 1002, m.id, 'help', substr(m.post_id, 4), 1, '{"text": "We are looking into it.", "language": "en", "template": "refund_delay_1"}', 'h' || m.id, '[]',
    'template', '', case when substr(m.post_id, 4) in ('approved','holding','sending','sent','failed','unknown') then 'ana' else '' end,
    case when substr(m.post_id, 4) in ('approved','holding','sending','sent','failed','unknown') then {at 280} end, null, {at 60},
    case when substr(m.post_id, 4) in ('approved','holding','sending','sent','failed','unknown') then 'key of ' || m.post_id end, 0, '', null, null, null, 0,
    case when substr(m.post_id, 4) = 'sent' then {at 250} end, case when substr(m.post_id, 4) = 'sent' then 'own1' end, '', {at 290}, {at 280}, {at 240}, 60, {at 300}
from mentions m where m.post_id like 'of %';
insert into reply_versions (reply_id, version, payload, hash, findings, author, created_at)
select id, version, payload, hash, findings, author, created_at from replies;
insert into attempts (reply_id, n, hash, worker, begun_at, lease_until, ended_at, outcome)
select id, 1, hash, 'w1', {at 251}, {at 250}, {at 250}, 'sent' from replies where state = 'sent';

insert into events (seq, kind, case_id, case_version, reply_id, actor, at, data)
select row_number() over (order by id), 'case.opened', id, 1, null, 'socialwatch', opened_at, '{}' from cases;
insert into events (seq, kind, case_id, case_version, reply_id, actor, at, data) values
(7, 'case.state', 1004, 4, null, 'ana', {at 1000}, '{"from": "open", "to": "resolved"}'),
(8, 'reply.sent', 1002, 3, (select id from replies where state = 'sent'), 'socialwatch', {at 250}, '{}'),
(9, 'case.breached', 1001, 1, null, 'socialwatch', {at 60}, '{}'),
(null, 'case.assigned', 1002, 3, null, 'ana', {at 200}, '{"to": "ana"}');

insert into people (login, name, password, roles, created_at) values ('ana', 'Ana', '', '{"*": "lead"}', {at 90000});
insert into sessions (hash, person_id, created_at, expires_at) values ('s1', 1, {at 10}, {at -600});
insert into tokens (name, hash, person_id, scopes, created_at) values ('reader', 't1', null, '["read"]', {at 500});
insert into gaps (account, from_at, to_at, reason, noted_at) values ('help', {at 900}, {at 890}, 'server was away', {at 880});
insert into set_aside (account, item, raw, problem, at) values ('help', 'bad1', 'x', 'no id', {at 700});
