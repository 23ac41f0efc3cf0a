-- The port of ../postgres/0014_glance.sql.

-- The queue of one account, and its length, without reading those of others.
create index replies_account on replies (account, due_at, rank, opened_at, id) where state = 'awaiting';
