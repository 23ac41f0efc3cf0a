-- The port of ../postgres/0032_erasures.sql.

-- How often something was erased: what a request read before it keeps no words.
insert into counters (name, value) values ('erasure', 0);
