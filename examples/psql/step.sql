-- One step: reads the events after the bookmark, works them into tickets and asks
-- for what follows from that, in one transaction. Whatever dies in the middle, it
-- is done once: the bookmark moves with the tickets.
begin;

-- One step at a time, also when somebody starts this program twice.
lock table :"own".bookmark in exclusive mode;

-- When the event that was read last is not there as it was, socialwatch was restored
-- from a backup and numbers come anew: go back to what was read and still stands.
update :"own".bookmark b set seq = (select coalesce(max(e.seq), 0) from :"schema".case_events_v1 e where e.at <= b.at)
where seq > 0 and not exists (select from :"schema".case_events_v1 e where e.seq = b.seq and e.at = b.at);

select seq as bookmark from :"own".bookmark \gset

create temp table batch on commit drop as
    select * from :"schema".case_events_v1 where seq > :bookmark order by seq limit 500;

-- A ticket for each case that a human must act on and that nobody has, nor we had.
-- The case is read as it stands now, its events may be older: what has happened to
-- it since comes in a later batch.
insert into :"own".ticket (case_id, case_number)
select c.case_id, c.number from :"schema".cases_v1 c
where c.case_id in (select case_id from batch) and (c.escalated or :all) and c.external_system = ''
  and c.state not in ('resolved', 'closed', 'merged')
  and not exists (select from :"schema".case_events_v1 e
    where e.case_id = c.case_id and e.kind = 'case.claimed' and e.data ->> 'system' = session_user)
on conflict do nothing;

-- What happened since, the newest last.
update :"own".ticket t set news = t.news || e.text
from (select case_id, string_agg(at || ' ' || kind || E'\n', '' order by seq) as text
      from batch where kind in ('mention.attached', 'reply.sent', 'case.reopened', 'case.private_missed', 'case.released') group by case_id) e
where t.case_id = e.case_id;

update :"own".bookmark set seq = e.seq, at = e.at from (select seq, at from batch order by seq desc limit 1) e;

-- What people of socialwatch have taken back is theirs.
update :"own".ticket t set closed_at = now() where case_id in (select case_id from batch where kind = 'case.released');

-- Claim what has a ticket and is nobody's, once: what was ours and is nobody's was
-- taken back, whether we have come to its case.released or not. The log keeps that a
-- claim had its effect for ever, its command from the same moment on. The key is new
-- for each version of the case that we decide on, so a refusal is asked for anew once
-- the case has moved.
insert into :"schema".case_commands_v1 (key, kind, case_id, expected_version, data)
select format('claim-%s-%s', t.ticket_id, c.version), 'claim', c.case_id, c.version, jsonb_build_object('reference', t.ticket_id::text)
from :"own".ticket t join :"schema".cases_v1 c using (case_id)
where c.external_system = '' and t.closed_at is null and c.state not in ('closed', 'merged')
  and not exists (select from :"schema".case_commands_v1 k where k.kind = 'claim' and k.case_id = c.case_id and k.state <> 'refused')
  and not exists (select from :"schema".case_events_v1 e
    where e.case_id = c.case_id and e.kind = 'case.claimed' and e.data ->> 'system' = session_user)
on conflict do nothing;

-- Resolve what is closed here. While a reply awaits its approver that is refused,
-- and what ends the reply does not raise the case's version: so ask anew, under a
-- key that names the refusal before it, a minute after each.
insert into :"schema".case_commands_v1 (key, kind, case_id, expected_version)
select format('resolve-%s-%s-%s', t.ticket_id, c.version, asked.last), 'resolve', c.case_id, c.version
from :"own".ticket t join :"schema".cases_v1 c using (case_id)
cross join lateral (select coalesce(max(command_id), 0) as last, max(coalesce(answered_at, 'infinity')) as at
    from :"schema".case_commands_v1 k where k.kind = 'resolve' and k.case_id = c.case_id) asked
where t.closed_at is not null and c.external_system = session_user and c.state not in ('resolved', 'closed', 'merged')
  and (asked.at is null or asked.at < now() - interval '1 minute')
on conflict do nothing;

-- Says "more" when there may be more to read.
select 'more' from batch having count(*) = 500;

commit;
