-- The queue of one account, and its length, without reading those of others.
create index replies_account on replies (account, due_at, rank, opened_at, id) where state = 'awaiting';
