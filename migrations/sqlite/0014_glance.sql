-- The port of ../postgres/0014_glance.sql.

-- What open pages ask ten times a second is read from an index alone: the first
-- of the queue and its length, of all accounts and of one.
drop index replies_queue;
create index replies_queue on replies (due_at, rank, opened_at, id, snoozed_until) where state = 'awaiting';
create index replies_account on replies (account, due_at, rank, opened_at, id, snoozed_until) where state = 'awaiting';
