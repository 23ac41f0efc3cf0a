-- Consumers' contract: docs/consumers.md. Not among the views that every
-- consumer may read: migrate --grants --entities.

create view case_entities_v1 as
select distinct m.case_id, e ->> 'kind' as kind, e ->> 'value' as value
from mentions m
     cross join lateral jsonb_array_elements(case jsonb_typeof(m.entities) when 'array' then m.entities else '[]' end) e
where m.case_id is not null and e ->> 'kind' in ('order_number', 'tracking_number');
