-- Effort or token budget that Epoch joins to a version's name (`_high`, `_16K`), in our words; null
-- where none is joined or it is not known (`_unknown`). `_7b`, `_8B`, `_5` are parts of names.
create or replace macro epoch_configuration(model_version) as
case
    when regexp_matches(model_version, '_(none|minimal|low|medium|high|xhigh|max)$')
        then 'effort ' || regexp_extract(model_version, '_([a-z]+)$', 1)
    when regexp_matches(model_version, '_thinking$') then 'thinking'
    when regexp_matches(model_version, '_\d+[Kk]$')
        then 'thinking ' || upper(regexp_extract(model_version, '_(\d+[Kk])$', 1))
end
