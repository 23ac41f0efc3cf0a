-- The port of ../postgres/0024_privacy.sql.

-- When everything personal was erased here because a person or the time allowed
-- for keeping it wanted that; null: nothing was. What a network deletes has
-- gone_at alone.
alter table mentions add column erased_at timestamp check (typeof(erased_at) in ('integer','null'));
alter table cases add column erased_at timestamp check (typeof(erased_at) in ('integer','null'));

-- What grows too old to be kept.
create index mentions_aged on mentions (account, received_at, id) where case_id is null and erased_at is null;
create index cases_aged on cases (updated_at, id) where state in ('closed','merged') and erased_at is null;
