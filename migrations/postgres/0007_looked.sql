-- When the threads of a case were last read, however often its looks begin
-- afresh: reading again what was read costs on some networks.
alter table cases add column looked_at timestamptz;
