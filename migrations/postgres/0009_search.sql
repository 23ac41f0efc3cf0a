-- What search finds: the words of each case, of its posts and of our replies,
-- kept by the program. No foreign key: keeping words must not wait for whoever
-- decides about the case.
create table case_words (
    case_id bigint primary key,
    words   tsvector not null
);
create index case_words_words on case_words using gin (words);

-- The number of the last event whose case's words are kept.
insert into counters (name, value) values ('search', 0);
