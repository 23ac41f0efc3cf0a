-- The port of ../postgres/0030_commands.sql.

-- What waits is found for each system by itself, so that one that asks for much
-- keeps no other waiting.
create index case_commands_turns on case_commands (system, id) where state = 'waiting';
drop index case_commands_waiting;
