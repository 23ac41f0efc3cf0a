-- The list of cases by deadline: those that owe a first response; and newest
-- first of one team or about one matter.
create index cases_owed on cases (due_at, id) where responded_at is null and state in ('new','open','waiting');
create index cases_team on cases (team, opened_at, id) where team <> '';
create index cases_intent on cases (intent, opened_at, id);
