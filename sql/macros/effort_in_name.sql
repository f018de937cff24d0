-- Effort or token budget that a source writes behind a model's name, in our words; null for none.
-- `-medium` and `-max` are parts of names, so without parentheses only `-high` and `-low` are effort.
create or replace macro effort_in_name(name) as
case
    when regexp_matches(lower(name), '[ (-]thinking-\d+k\)?$')
        then 'thinking ' || upper(regexp_extract(lower(name), 'thinking-(\d+k)\)?$', 1))
    when regexp_matches(lower(name), '-no-thinking$') then 'no thinking'
    when regexp_matches(lower(name), '-(high|low)$')
        then 'effort ' || regexp_extract(lower(name), '-(high|low)$', 1)
    when regexp_matches(lower(name), '\((minimal|none|low|medium|high|xhigh|max)( effort)?\)$')
        then 'effort ' || regexp_extract(lower(name), '\(([a-z]+)( effort)?\)$', 1)
    when regexp_matches(lower(name), '\(((non-|adaptive )?reasoning|thinking)(, (minimal|none|low|medium|high|xhigh|max) effort)?\)$')
        then replace(regexp_extract(lower(name), '\(([a-z ,-]+)\)$', 1), ',', ';')
end
