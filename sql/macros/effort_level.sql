-- How hard a model was made to think, from a result's configuration; `unstated` where it does not say.
-- Levels as vendors name them; token budgets in three classes. `parallel` is several attempts.
create or replace macro effort_level(configuration) as
case
    when configuration is null then 'unstated'
    when regexp_matches(lower(configuration), 'parallel|multiple attempts|best of') then 'parallel'
    when regexp_matches(lower(configuration), 'effort (none|minimal|low|medium|high|xhigh|max)\b')
        then regexp_extract(lower(configuration), 'effort (none|minimal|low|medium|high|xhigh|max)\b', 1)
    when regexp_matches(lower(configuration), '\b(no|without) (extended )?(thinking|reasoning)|non-reasoning')
        then 'none'
    when not regexp_matches(lower(configuration), 'thinking|reasoning|budget') then 'unstated'
    when regexp_matches(lower(configuration), '\b\d{1,4} ?k\b')
        then case
            when cast(regexp_extract(lower(configuration), '\b(\d{1,4}) ?k\b', 1) as integer) <= 4
                then 'thinking to 4K'
            when cast(regexp_extract(lower(configuration), '\b(\d{1,4}) ?k\b', 1) as integer) <= 16
                then 'thinking to 16K'
            else 'thinking above 16K'
        end
    else 'thinking'
end
