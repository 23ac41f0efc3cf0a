-- One step: reads the events after the bookmark, works them into tickets and asks
-- for what follows from that, in one transaction. Whatever dies in the middle, it
-- is done once: the bookmark moves with the tickets.
begin;

-- One step at a time, also when somebody starts this program twice.
select seq as bookmark from :"own".bookmark for update \gset

create temp table batch on commit drop as
    select * from :"schema".case_events_v1 where seq > :bookmark order by seq limit 500;

-- A ticket for each case that a human must act on and that nobody has.
insert into :"own".ticket (case_id, case_number)
select c.case_id, c.number from :"schema".cases_v1 c
where c.case_id in (select case_id from batch) and (c.escalated or :all) and c.external_system = ''
  and c.state not in ('resolved', 'closed', 'merged')
on conflict do nothing;

-- What happened since, the newest last.
update :"own".ticket t set news = t.news || e.text
from (select case_id, string_agg(at || ' ' || kind || E'\n', '' order by seq) as text
      from batch where kind in ('mention.attached', 'reply.sent', 'case.reopened', 'case.private_missed', 'case.released') group by case_id) e
where t.case_id = e.case_id;

update :"own".bookmark set seq = greatest(seq, (select coalesce(max(seq), 0) from batch));

-- What people of socialwatch have taken back is theirs.
update :"own".ticket t set closed_at = now() where case_id in (select case_id from batch where kind = 'case.released');

-- Claim what has a ticket and is nobody's. The key is new for each version of the
-- case that we decide on, so a refusal is asked for anew once the case has moved.
insert into :"schema".case_commands_v1 (key, kind, case_id, expected_version, data)
select format('claim-%s-%s', t.ticket_id, c.version), 'claim', c.case_id, c.version, jsonb_build_object('reference', t.ticket_id::text)
from :"own".ticket t join :"schema".cases_v1 c using (case_id)
where c.external_system = '' and t.closed_at is null and c.state not in ('closed', 'merged')
on conflict do nothing;

-- Resolve what is closed here.
insert into :"schema".case_commands_v1 (key, kind, case_id, expected_version)
select format('resolve-%s-%s', t.ticket_id, c.version), 'resolve', c.case_id, c.version
from :"own".ticket t join :"schema".cases_v1 c using (case_id)
where t.closed_at is not null and c.external_system = session_user and c.state not in ('resolved', 'closed', 'merged')
on conflict do nothing;

commit;
