-- What approvers see of a decision, and what was asked of them.

-- How the text differs from what its template filled in: unchanged, slots (only
-- within the template's slots), edited, or written by hand; empty: not known.
alter table replies add column edit text not null default '' check (edit in ('','unchanged','slots','edited','written'));
alter table replies add column words_added integer not null default 0;
alter table replies add column words_removed integer not null default 0;
alter table replies add column checked_by text not null default '';      -- version of the safety check that gave the findings
alter table replies add column self_approved boolean not null default false;
alter table replies add column hold_from timestamptz;                    -- when the undo window began
alter table replies add column moved text not null default '';           -- how the thread moved while it was on its way or public

alter table reply_versions add column edit text not null default '' check (edit in ('','unchanged','slots','edited','written'));
alter table reply_versions add column words_added integer not null default 0;
alter table reply_versions add column words_removed integer not null default 0;
alter table reply_versions add column checked_by text not null default '';
alter table reply_versions add column slots jsonb not null default '[]'; -- of version 1: what the template's slots cover, [start, end] in bytes
alter table reply_versions add column diff jsonb not null default '[]';  -- against the version before, by word

-- Which version of a template somebody has approved, unedited, on an account.
create table template_approvals (
    account     text not null,
    template    text not null,              -- its id, of any wording
    language    text not null,
    version     integer not null,
    approved_by text not null,
    approved_at timestamptz not null,
    primary key (account, template, language, version)
);

-- Of before, as far as it can be known.
update reply_versions set edit = case when version > 1 then 'edited' else 'unchanged' end;
update reply_versions set edit = 'written' where exists (select 1 from reply_versions f
    where f.reply_id = reply_versions.reply_id and f.version = 1 and f.author <> 'socialwatch');
update replies set edit = v.edit from reply_versions v where v.reply_id = replies.id and v.version = replies.version;
update replies set hold_from = decided_at where state = 'holding';
insert into template_approvals (account, template, language, version, approved_by, approved_at)
select account, split_part(payload ->> 'template', '#', 1), payload ->> 'language',
       cast(payload ->> 'template_version' as integer), decided_by, decided_at
from replies
where decided_at is not null and state in ('approved','holding','sending','sent','failed','unknown','cancelled')
  and edit = 'unchanged' and payload ->> 'template' <> ''
order by decided_at
on conflict do nothing;
