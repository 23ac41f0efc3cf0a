-- The port of ../postgres/0023_inbound.sql.
create table inbox_gone (
    account     text not null,
    post_id     text not null,
    received_at timestamp not null check (typeof(received_at) = 'integer'),
    primary key (account, post_id)
);
