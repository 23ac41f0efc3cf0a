-- The port of ../postgres/0027_reportdays.sql.
-- What reports count of each day that is over, so that they read one row for a
-- day instead of all its posts, cases and drafts. Days are of UTC, numbered
-- since 1970; block holds no words and no names, only how many of each kind.
create table report_days (
    day     integer primary key,
    changes integer not null default 0 check (typeof(changes) = 'integer'), -- rises when something of the day has changed
    built   integer not null default 0 check (typeof(built) = 'integer'), -- changes, when the block was made
    made_at timestamp check (typeof(made_at) in ('integer', 'null')),
    block   blob                       -- null: not made yet
);
create index report_days_old on report_days (made_at) where built <> changes;

-- The number of the last event whose days are noted.
insert into counters (name, value) select 'reports', coalesce(max(seq), 0) from events;
