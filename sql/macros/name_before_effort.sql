-- A model's name without the effort or token budget a source writes behind it.
create or replace macro name_before_effort(name) as
case
    when effort_in_name(name) is null then name
    else trim(regexp_replace(name, '(\s*\([^()]*\)|-no-thinking|-thinking-\d+k|-high|-low)$', '', 'i'))
end
