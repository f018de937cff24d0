-- Runs on Aider's leaderboards, in percent of the benchmark's tasks.
-- Rows are replaced in place upstream; the run's own name keeps a replaced run apart from its
-- successor. Runs repeated in the files of single articles count once, in the leaderboard's own.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check used_scores_are_in_bounds: quarantine_reason is not null or score between 0 and 100
-- check used_scores_name_a_model: quarantine_reason is not null or spelling is not null
with files_known(file, benchmark, tasks) as (
    values
        ('edit_leaderboard', 'edit_leaderboard', 133),
        ('o1_results', 'edit_leaderboard', 133),
        ('architect', 'edit_leaderboard', 133),
        ('polyglot_leaderboard', 'polyglot_leaderboard', 225),
        ('o1_polyglot_leaderboard', 'polyglot_leaderboard', 225),
        ('refactor_leaderboard', 'refactor_leaderboard', 89)
),

on_leaderboards as (
    select distinct
        o.fields->>'$.file' as file,
        o.fields->>'$.dirname' as dirname
    from raw.aider__results as o
),

runs as (
    select
        o.key,
        o.fields->>'$.model' as model,
        f.benchmark,
        f.tasks,
        case when f.benchmark = 'refactor_leaderboard' then 'pass_rate_1' else 'pass_rate_2' end as metric,
        cast(
            case
                when f.benchmark = 'refactor_leaderboard' then o.fields->>'$.pass_rate_1'
                else o.fields->>'$.pass_rate_2'
            end as decimal(38, 18)
        ) as score,
        o.fields->>'$.edit_format' as edit_format,
        o.fields->>'$.editor_model' as editor,
        lower(coalesce(
            o.fields->>'$.reasoning_effort',
            nullif(regexp_extract(o.fields->>'$.model', '(?i)\((minimal|low|medium|high|xhigh)\)', 1), '')
        )) as effort,
        nullif(regexp_extract(o.fields->>'$.model', '(?i)\((\d+k) think', 1), '') as thinking,
        o.fields->>'$.thinking_tokens' as thinking_tokens,
        regexp_matches(o.fields->>'$.model', '(?i)\bno.?think') as has_no_thinking,
        cast(o.fields->>'$.total_cost' as decimal(38, 18)) as total_cost,
        cast(o.fields->>'$.test_cases' as bigint) as test_cases,
        try_cast(o.fields->>'$.date' as date) as run_on,
        l.file as leading_file,
        o.first_fetch_id,
        o.first_seen_at,
        o.previous_fetch_at,
        o.last_seen_at,
        o.ended_at
    from raw.aider__results as o
    left join files_known as f on f.file = o.fields->>'$.file'
    left join on_leaderboards as l
        on l.dirname = o.fields->>'$.dirname' and l.file = f.benchmark and l.file <> f.file
)

select
    'aider' as source,       -- source name
    r.key,                   -- file and the run's own name
    r.model as spelling,     -- Aider's name for the model, with what it says in brackets
    r.benchmark as benchmark_spelling, -- the leaderboard it is a run of
    cast(null as varchar) as benchmark_release, -- release of the benchmark; it has one each
    r.metric,                -- pass_rate_2: solved within two tries; refactoring allows one
    nullif(concat_ws(
        '; ',
        r.edit_format,
        case when r.effort is not null then 'effort ' || r.effort end,
        case
            when r.thinking is not null then 'thinking ' || upper(r.thinking)
            when r.thinking_tokens is not null then 'thinking ' || r.thinking_tokens || ' tokens'
            when r.has_no_thinking then 'no thinking'
        end
    ), '') as configuration, -- edit format, effort or thinking budget, the latter two often only in the name
    case when r.edit_format = 'architect' then 'architect with editor ' || coalesce(r.editor, 'unnamed') end as system, -- architect mode and its editor; else null, the plain tool
    cast(r.score as decimal(9, 3)) as score, -- tasks solved, percent
    'percent' as unit,       -- percent
    'independent' as evidence, -- Aider runs them itself or takes them from users, never from vendors
    'Aider' as publisher,    -- who states it
    -- Zero is how the tool writes a cost it does not know, not a free run.
    cast(nullif(r.total_cost, 0) as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD
    r.test_cases,            -- tasks run
    r.run_on as stated_on,   -- day of the run
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.benchmark is null then 'a file whose benchmark is not known'
        when r.score is null then 'no score'
        when r.leading_file is not null then 'the same run stands in ' || r.leading_file
        when r.editor <> r.model or contains(r.model, ' + ') then 'a pair of models, not one'
        when r.test_cases > r.tasks
            then 'a run of another benchmark: ' || r.test_cases || ' tasks of ' || r.tasks
        when r.test_cases < 0.9 * r.tasks
            then 'a partial run: ' || r.test_cases || ' of ' || r.tasks || ' tasks'
        when r.score not between 0 and 100 then 'outside 0 to 100 percent'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
