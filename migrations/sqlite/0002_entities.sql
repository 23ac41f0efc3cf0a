-- Consumers' contract: docs/consumers.md.

create view case_entities_v1 as
select distinct m.case_id, e.value ->> 'kind' as kind, e.value ->> 'value' as value
from mentions m, json_each(m.entities) e
where m.case_id is not null and e.value ->> 'kind' in ('order_number', 'tracking_number');
