-- What posts of cases said before their authors edited them, masked, so that a
-- draft made anew can show what changed. The newest few of each post; gone with
-- the post and with its case's end. No view for consumers shows any of it.
create table mention_revisions (
    mention_id  bigint not null references mentions (id),
    revision    text not null,
    masked      text not null,
    replaced_at timestamptz not null,       -- when we read the next one
    primary key (mention_id, revision)
);
