-- What search finds: the words of each case, of its posts and of our replies,
-- kept by the program.
create table case_words (
    case_id integer primary key,
    words   text not null check (typeof(words) = 'text')
);

-- The program has cut and folded the words: the index takes them as they are.
create virtual table case_words_index using fts5 (words, content = 'case_words', content_rowid = 'case_id',
    tokenize = "ascii tokenchars '@#_.-'", columnsize = 0);
-- What is taken out must be gone, not marked as gone. (With detail = none some
-- of it would come back.)
insert into case_words_index (case_words_index, rank) values ('secure-delete', 1);

create trigger case_words_added after insert on case_words begin
    insert into case_words_index (rowid, words) values (new.case_id, new.words);
end;
create trigger case_words_changed after update of words on case_words begin
    insert into case_words_index (case_words_index, rowid, words) values ('delete', old.case_id, old.words);
    insert into case_words_index (rowid, words) values (new.case_id, new.words);
end;
create trigger case_words_removed after delete on case_words begin
    insert into case_words_index (case_words_index, rowid, words) values ('delete', old.case_id, old.words);
end;

-- The number of the last event whose case's words are kept.
insert into counters (name, value) values ('search', 0);
