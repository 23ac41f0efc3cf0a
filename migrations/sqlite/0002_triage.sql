-- Consumers' contract: docs/consumers.md.

create view case_entities_v1 as
select distinct m.case_id, e.value ->> 'kind' as kind, e.value ->> 'value' as value
from mentions m, json_each(m.entities) e
where m.case_id is not null and e.value ->> 'kind' in ('order_number', 'tracking_number');

-- The port of ../postgres/0002_triage.sql. SQLite cannot replace a view in place.
alter table cases add column team text not null default '';

drop view cases_v1;
create view cases_v1 as
select c.id as case_id, c.number, c.account, c.network, c.host,
       c.customer ->> 'handle' as customer_handle,
       c.state, c.level, c.intent, c.score, c.escalated, c.escalation,
       c.opened_at, c.updated_at, c.due_at, c.responded_at, c.breached_at, c.resolved_at,
       c.assignee, c.merged_into, c.linked as follows_case_id, c.version,
       (select m.url from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_url,
       (select m.masked from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as first_post_masked,
       (select count(*) from mentions m where m.case_id = c.id) as mentions,
       c.team
from cases c;
