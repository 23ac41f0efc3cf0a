-- The port of ../postgres/0007_looked.sql.

-- When the threads of a case were last read, however often its looks begin
-- afresh: reading again what was read costs on some networks.
alter table cases add column looked_at timestamp check (typeof(looked_at) in ('integer', 'null'));
