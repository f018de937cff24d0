-- Results in Epoch's frozen benchmark-stitching repository, in percent or Elo.
-- A score with `%` is in percent; one without is in its file's own unit (fractions for Epoch's own
-- runs, percent, tenths, Elo or minutes elsewhere), stated here per file.
-- Of rows quoted twice (other shots, other papers) all are kept, each under its own key.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check used_scores_are_in_bounds: quarantine_reason is not null or (unit = 'percent' and score between 0 and 100) or (unit = 'elo' and score between 0 and 4000)
-- check used_scores_name_a_model: quarantine_reason is not null or spelling is not null
with files_known(file, benchmark, release, metric, to_percent) as (
    values
        ('runs', null, null, 'accuracy', 100),
        ('aider_polyglot', 'Aider polyglot', null, 'pass_rate_2', 1),
        ('anli', 'ANLI', null, 'accuracy', 100),
        ('arc_agi', 'ARC-AGI', null, 'accuracy', 100),
        ('arc_ai2', 'ARC AI2', null, 'accuracy', 100),
        ('balrog', 'Balrog', null, 'average progress', 100),
        ('bbh', 'BBH', null, 'accuracy', 100),
        ('boolq', 'BoolQ', null, 'accuracy', 100),
        ('cadeval', 'CadEval', null, 'accuracy', 100),
        ('csqa2', 'CSQA2', null, 'accuracy', 100),
        ('cybench', 'Cybench', null, 'accuracy', 100),
        ('deepresearch', 'DeepResearch Bench', null, 'average score', 100),
        ('factorio_learning_environment', 'Factorio learning environment', null, 'accuracy', 100),
        ('fictionlivebench', 'Fiction.LiveBench', '16k tokens', 'accuracy', 100),
        ('geobench', 'GeoBench', null, 'accuracy', 100),
        ('gsm8k', 'GSM8K', null, 'accuracy', 100),
        ('gso_bench', 'GSO-Bench', null, 'OPT@1', 100),
        ('hellaswag', 'HellaSwag', null, 'accuracy', 100),
        ('lambada', 'LAMBADA', null, 'accuracy', 100),
        ('lech_mazur_writing', 'Lech Mazur Writing', null, 'mean score', 10),
        ('livebench', 'LiveBench', null, 'mean over categories', 1),
        ('mcbench', 'MCBench', null, 'elo', null),
        ('metr', 'METR Time Horizons', null, 'minutes', null),
        ('mmlu', 'MMLU', null, 'accuracy', 100),
        ('openbookqa', 'OpenBookQA', null, 'accuracy', 100),
        ('os_world', 'OSWorld', null, 'accuracy', 1),
        ('osuniverse', 'OSUniverse', null, 'accuracy', 100),
        ('piqa', 'PIQA', null, 'accuracy', 100),
        ('scienceqa', 'ScienceQA', null, 'accuracy', 100),
        ('simple_bench', 'SimpleBench', null, 'accuracy', 100),
        ('superglue', 'SuperGLUE', null, 'accuracy', 100),
        ('terminal_bench', 'Terminal Bench', '1.0', 'accuracy', 100),
        ('the_agent_company', 'The Agent Company', null, 'resolved', 100),
        ('triviaqa', 'TriviaQA', null, 'accuracy', 100),
        ('videomme', 'VideoMME', null, 'accuracy', 100),
        ('vpct', 'VPCT', null, 'accuracy', 100),
        ('weirdml', 'WeirdML', null, 'accuracy', 100),
        ('winogrande', 'Winogrande', null, 'accuracy', 100)
),

observed as (
    select
        o.key,
        o.fields,
        o.fields->>'$.file' as file,
        -- Two of the repository's ids end in a space.
        trim(o.fields->>'$.model_version') as model_version,
        trim(o.fields->>'$.name') as shown_name,
        nullif(trim(o.fields->>'$.agent'), 'True') as agent,
        nullif(trim(o.fields->>'$.tools'), 'None') as tools,
        regexp_replace(trim(o.fields->>'$.shots', e' \n'), '(\.0)?(-shot)?$', '') as shots,
        ends_with(o.fields->>'$.score', '%') as is_percent,
        cast(rtrim(o.fields->>'$.score', '%') as decimal(38, 18)) as score,
        o.first_fetch_id,
        o.first_seen_at,
        o.previous_fetch_at,
        o.last_seen_at,
        o.ended_at
    from raw.epoch_stitching__results as o
),

measured as (
    select
        o.*,
        coalesce(o.fields->>'$.task', f.benchmark, o.file) as benchmark,
        coalesce(
            f.release,
            replace(regexp_extract(o.fields->>'$.release', '\d{4}-\d{2}-\d{2}'), '-', '_')
        ) as release,
        case when o.fields->>'$.task' = 'SWE-Bench verified' then 'resolved' else f.metric end as metric,
        case
            when f.metric = 'elo' then 'elo'
            when f.metric = 'minutes' then null
            when f.to_percent is not null then 'percent'
        end as unit,
        case
            when o.is_percent or f.to_percent is null then o.score
            else cast(cast(o.score as double) * f.to_percent as decimal(38, 9))
        end as canonical_score
    from observed as o
    left join files_known as f on f.file = o.file
)

select
    'epoch_stitching' as source, -- source name
    r.key,                   -- file and the row's own id
    case when r.model_version is null then r.shown_name else r.model_version end as spelling, -- the repository's model version, effort suffix and all; the shown name where it gives none
    r.benchmark as benchmark_spelling, -- benchmark as the paper calls it; private and public halves are separate
    nullif(r.release, '') as benchmark_release, -- release, or context length, where scores of several differ
    r.metric,                -- what is counted
    nullif(concat_ws(
        '; ',
        r.fields->>'$.edit_format',
        epoch_configuration(r.model_version),
        case when r.shots <> '' then r.shots || '-shot' end,
        case when r.tools is not null then 'tools: ' || r.tools end
    ), '') as configuration, -- effort or budget from the name's suffix, edit format, shots, tools
    case when r.benchmark = 'SWE-Bench verified' then 'Epoch AI scaffold' else r.agent end as system, -- agent or scaffold around the model
    case when abs(r.canonical_score) < 100000 then cast(r.canonical_score as decimal(9, 3)) end as score, -- score in its unit; of several scorers the best
    r.unit,                  -- percent or elo; null where it is neither
    case when r.file = 'runs' then 'independent' else 'quoted' end as evidence, -- independent: Epoch's own run; quoted: another's figure
    'Epoch AI' as publisher, -- who states it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD; only costs per case are given
    try_cast(try_cast(r.fields->>'$.cases' as double) as bigint) as test_cases, -- tasks or votes behind the score
    cast(try_strptime(r.fields->>'$.stated', '%d %B %Y %I:%M%p') as date) as stated_on, -- day the run began, where given
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.model_version is null then 'no model version given'
        when r.fields->>'$.status' <> 'Success' then 'the run did not succeed'
        when r.metric = 'minutes' then 'minutes, neither a share nor a rating'
        when r.unit is null then 'a file whose unit is not known'
        when r.canonical_score < 0 then 'below zero'
        when r.unit = 'percent' and r.canonical_score > 100 then 'above 100 percent'
        when r.unit = 'elo' and r.canonical_score > 4000 then 'above any rating'
    end as quarantine_reason -- why it is not used; null if it is
from measured as r
