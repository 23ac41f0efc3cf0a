-- Deletions that were pushed and wait for intake. They are taken after the posts
-- that wait, whose deletions they may be.
create table inbox_gone (
    account     text not null,
    post_id     text not null,
    received_at timestamptz not null,
    primary key (account, post_id)
);
