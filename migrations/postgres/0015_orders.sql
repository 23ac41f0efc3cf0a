-- The queue by the age of its cases, either way, and by reach. Their condition on
-- rank, which every row meets, keeps planners from reading and sorting these
-- indexes whole for the queue's own order, whose queries do not have it.
alter table replies add column reach integer not null default 0; -- followers of the asker, as of the draft
update replies set reach = (select m.followers from mentions m where m.id = replies.mention_id) where state = 'awaiting';
create index replies_opened on replies (opened_at, id, snoozed_until) where state = 'awaiting' and rank >= 0;
create index replies_reach on replies (reach, id, snoozed_until) where state = 'awaiting' and rank >= 0;
