-- What is due next in a case, once it has its first response: the answer to
-- what the customer said since, else resolving; null while no clock runs. The
-- program keeps it with the targets.
alter table cases add column next_at timestamptz;
update cases set next_at = (select t.due_at from targets t where t.case_id = cases.id and t.target <> 'first_response'
    and t.due_at is not null order by t.target limit 1)
where responded_at is not null and state in ('new','open','waiting');

-- When a case was raised because its customer did not come to us in private; it
-- stands out until they are answered or come.
alter table cases add column raised_at timestamptz;
update cases set raised_at = (select max(h.missed_at) from handoffs h where h.case_id = cases.id and h.received_at is null)
where state = 'open' and asked_at is not null and id in (select case_id from handoffs where missed_at is not null);
create index cases_raised on cases (raised_at, id) where state in ('new','open') and asked_at <= raised_at;

-- Drafts follow what is due next in their case, and those of which nothing is
-- due stand last.
update replies set due_at = coalesce(c.next_at, '9999-01-01Z')
from cases c
where c.id = replies.case_id and c.responded_at is not null
  and replies.state in ('proposed','checked','awaiting','approved','holding','sending','blocked','failed','unknown');

drop index cases_owed;
create index cases_due_next on cases ((case when responded_at is null then due_at else next_at end), id)
    where state in ('new','open','waiting') and (responded_at is null or next_at is not null);
