-- Who is deciding about a reply, so that colleagues take another one. It
-- informs only: the conditional update of the decision picks the winner.
alter table replies add column decider text not null default '';
alter table replies add column deciding_until timestamptz; -- null: nobody is
create index replies_decider on replies (decider) where decider <> '';
