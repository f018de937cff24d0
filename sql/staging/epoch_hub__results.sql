-- Results in Epoch's Benchmarking Hub as runs, in percent or Elo, whatever the unit of their file.
-- Headings do not tell the unit (`Win Rate (%)` holds fractions), so it is stated here per column;
-- a zip that states a factor itself (benchmark_metadata.csv) is believed before this list.
-- Of rows quoted twice (other shots, other papers) all are kept, each under its own key.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check used_scores_are_in_bounds: quarantine_reason is not null or (unit = 'percent' and score between 0 and 100) or (unit = 'elo' and score between 0 and 4000)
-- check used_scores_name_a_model: quarantine_reason is not null or spelling is not null
with columns_known(file, score_column, benchmark, release, metric, to_percent, evidence) as (
    values
        ('adversarial_nli_external', 'Score', 'ANLI', null, 'accuracy', 100, 'quoted'),
        ('aider_polyglot_external', 'Percent correct', 'Aider polyglot', null, 'pass_rate_2', 1, 'quoted'),
        ('apex_agents_external', 'Pass@1 score', 'APEX-Agents', null, 'pass@1', 100, 'quoted'),
        ('arc_agi_2_external', 'Score', 'ARC-AGI-2', null, 'accuracy', 100, 'quoted'),
        ('arc_agi_external', 'Score', 'ARC-AGI', null, 'accuracy', 100, 'quoted'),
        ('arc_ai2_external', 'Challenge score', 'ARC AI2', null, 'accuracy', 100, 'quoted'),
        ('balrog_external', 'Average progress', 'Balrog', null, 'average progress', 100, 'quoted'),
        ('bbh_external', 'Average', 'BBH', null, 'accuracy', 100, 'quoted'),
        ('bool_q_external', 'Score', 'BoolQ', null, 'accuracy', 100, 'quoted'),
        ('cad_eval_external', 'Overall pass (%)', 'CadEval', null, 'accuracy', 100, 'quoted'),
        ('chess_puzzles', 'mean_score', 'Chess Puzzles', null, 'accuracy', 100, 'independent'),
        ('common_sense_qa_2_external', 'Score', 'CSQA2', null, 'accuracy', 100, 'quoted'),
        ('cybench_external', 'Unguided % Solved', 'Cybench', null, 'accuracy', 100, 'quoted'),
        ('deepresearchbench_external', 'Average score', 'DeepResearch Bench', null, 'average score', 100, 'quoted'),
        ('fictionlivebench_external', '16k token score', 'Fiction.LiveBench', '16k tokens', 'accuracy', 100, 'quoted'),
        ('fictionlivebench_external', '120k token score', 'Fiction.LiveBench', '120k tokens', 'accuracy', 100, 'quoted'),
        ('frontiermath', 'mean_score', 'FrontierMath-2025-02-28-Private', null, 'accuracy', 100, 'independent'),
        ('frontiermath_tier_4', 'mean_score', 'FrontierMath-Tier-4-2025-07-01-Private', null, 'accuracy', 100, 'independent'),
        ('gdpval_external', 'Win Rate (%)', 'GDPval', null, 'win rate', 100, 'quoted'),
        ('geobench_external', 'ACW Country %', 'GeoBench', null, 'accuracy', 100, 'quoted'),
        ('gpqa_diamond', 'mean_score', 'GPQA diamond', null, 'accuracy', 100, 'independent'),
        ('gsm8k_external', 'EM', 'GSM8K', null, 'accuracy', 100, 'quoted'),
        ('gso_external', 'Score OPT@1', 'GSO-Bench', null, 'OPT@1', 100, 'quoted'),
        ('hella_swag_external', 'Overall accuracy', 'HellaSwag', null, 'accuracy', 100, 'quoted'),
        ('hle_external', 'Accuracy', 'HLE', null, 'accuracy', 100, 'quoted'),
        ('lambada_external', 'Score', 'LAMBADA', null, 'accuracy', 100, 'quoted'),
        ('lech_mazur_writing_external', 'Mean score', 'Lech Mazur Writing', null, 'mean score', 10, 'quoted'),
        ('live_bench_external', 'Global average', 'LiveBench', null, 'mean over categories', 1, 'quoted'),
        ('live_bench_external', 'Reasoning average', 'LiveBench Reasoning', null, 'mean over tasks', 1, 'quoted'),
        ('live_bench_external', 'Coding average', 'LiveBench Coding', null, 'mean over tasks', 1, 'quoted'),
        ('live_bench_external', 'Mathematics average', 'LiveBench Mathematics', null, 'mean over tasks', 1, 'quoted'),
        ('live_bench_external', 'Data analysis average', 'LiveBench Data Analysis', null, 'mean over tasks', 1, 'quoted'),
        ('live_bench_external', 'Language average', 'LiveBench Language', null, 'mean over tasks', 1, 'quoted'),
        ('live_bench_external', 'IF Average', 'LiveBench IF', null, 'mean over tasks', 1, 'quoted'),
        ('math_level_5', 'mean_score', 'MATH level 5', null, 'accuracy', 100, 'independent'),
        ('metr_time_horizons_external', 'Time horizon', 'METR Time Horizons', null, 'minutes', null, 'quoted'),
        ('mmlu_external', 'EM', 'MMLU', null, 'accuracy', 100, 'quoted'),
        ('open_book_qa_external', 'Accuracy', 'OpenBookQA', null, 'accuracy', 100, 'quoted'),
        ('os_world_external', 'Score', 'OSWorld', null, 'accuracy', 1, 'quoted'),
        ('otis_mock_aime_2024_2025', 'mean_score', 'OTIS Mock AIME 2024-2025', null, 'accuracy', 100, 'independent'),
        ('piqa_external', 'Score', 'PIQA', null, 'accuracy', 100, 'quoted'),
        ('posttrainbench_external', 'Average (%)', 'PostTrainBench', null, 'average score', 100, 'quoted'),
        ('science_qa_external', 'Score', 'ScienceQA', null, 'accuracy', 100, 'quoted'),
        ('simplebench_external', 'Score (AVG@5)', 'SimpleBench', null, 'accuracy', 100, 'quoted'),
        ('simpleqa_verified', 'mean_score', 'SimpleQA Verified', null, 'correct', 100, 'independent'),
        ('superglue_external', 'Score', 'SuperGLUE', null, 'accuracy', 100, 'quoted'),
        ('swe_bench_bash', '% Resolved', 'SWE-bench bash-only', null, 'resolved', 100, 'quoted'),
        ('swe_bench_verified', 'mean_score', 'SWE-Bench verified', null, 'resolved', 100, 'independent'),
        ('terminalbench_external', 'Accuracy mean', 'Terminal Bench', '2.0', 'accuracy', 100, 'quoted'),
        ('the_agent_company_external', '% Resolved', 'The Agent Company', null, 'resolved', 100, 'quoted'),
        ('trivia_qa_external', 'EM', 'TriviaQA', null, 'accuracy', 100, 'quoted'),
        ('video_mme_external', 'Overall (no subtitles)', 'VideoMME', null, 'accuracy', 100, 'quoted'),
        ('vpct_external', 'Correct', 'VPCT', null, 'accuracy', 100, 'quoted'),
        ('webdev_arena_external', 'Arena Score', 'WebDev Arena', null, 'elo', null, 'quoted'),
        ('weirdml_external', 'Accuracy', 'WeirdML', null, 'accuracy', 100, 'quoted'),
        ('wino_grande_external', 'Accuracy', 'Winogrande', null, 'accuracy', 100, 'quoted')
),

observed as (
    select
        o.key,
        o.fields,
        regexp_replace(o.fields->>'$.file', '\.csv$', '') as file,
        o.fields->>'$.column' as score_column,
        -- Two of the hub's ids end in a space.
        trim(o.fields->>'$.model_version') as model_version,
        trim(o.fields->>'$.name') as shown_name,
        nullif(trim(o.fields->>'$.agent'), 'True') as agent,
        nullif(trim(o.fields->>'$.tools'), 'None') as tools,
        -- `25-shot`, `25`, `25.0` and `25` with a line break say the same.
        regexp_replace(trim(o.fields->>'$.shots', e' \n'), '(\.0)?(-shot)?$', '') as shots,
        cast(o.fields->>'$.score' as decimal(38, 18)) as score,
        cast(o.fields->>'$.stated_scale' as decimal(38, 18)) as stated_scale,
        o.first_fetch_id,
        o.first_seen_at,
        o.previous_fetch_at,
        o.last_seen_at,
        o.ended_at
    from raw.epoch_hub__results as o
),

measured as (
    select
        o.*,
        coalesce(o.fields->>'$.stated_benchmark', c.benchmark, o.file) as benchmark,
        coalesce(
            c.release,
            replace(regexp_extract(o.fields->>'$.release', '\d{4}-\d{2}-\d{2}'), '-', '_')
        ) as release,
        coalesce(c.metric, o.score_column) as metric,
        coalesce(c.evidence, 'quoted') as evidence,
        -- A rating stays a rating, whatever factor the index uses to squeeze it.
        case
            when c.metric = 'elo' then 'elo'
            when c.metric = 'minutes' then null
            when coalesce(o.stated_scale, c.to_percent) is not null then 'percent'
        end as unit,
        case
            when c.metric not in ('elo', 'minutes') or c.metric is null
                then coalesce(cast(o.stated_scale as double) * 100, c.to_percent)
        end as factor,
        case
            when c.metric in ('elo', 'minutes') then o.score
            else cast(
                cast(o.score as double) * coalesce(cast(o.stated_scale as double) * 100, c.to_percent, 1)
                as decimal(38, 9)
            )
        end as canonical_score
    from observed as o
    left join columns_known as c on c.file = o.file and c.score_column = o.score_column
),

-- The same column has changed between fractions and percent from one export to the next.
judged as (
    select
        m.*,
        avg(case when m.canonical_score > 100 then 1 else 0 end) over unit_of_fetch as too_high,
        avg(case when m.canonical_score <= 1 then 1 else 0 end) over unit_of_fetch as at_most_one,
        count(*) over unit_of_fetch as scores
    from measured as m
    window unit_of_fetch as (partition by m.file, m.score_column, m.first_fetch_id)
)

select
    'epoch_hub' as source,   -- source name
    r.key,                   -- file and the row's own id
    case when r.model_version is null then r.shown_name else r.model_version end as spelling, -- the hub's model version, effort suffix and all; the shown name where it gives none
    r.benchmark as benchmark_spelling, -- benchmark as Epoch's index calls it
    nullif(r.release, '') as benchmark_release, -- release, or context length, where scores of several differ
    r.metric,                -- what is counted
    nullif(concat_ws(
        '; ',
        r.fields->>'$.edit_format',
        epoch_configuration(r.model_version),
        case
            when epoch_configuration(r.model_version) like 'effort %' then null
            when regexp_matches(r.shown_name, '(?i)[( ](minimal|low|medium|high|xhigh|max)\)$')
                then 'effort ' || lower(regexp_extract(r.shown_name, '(?i)[( ]([a-z]+)\)$', 1))
        end,
        case when r.shots <> '' then r.shots || '-shot' end,
        case when r.tools is not null then 'tools: ' || r.tools end
    ), '') as configuration, -- effort or budget from the name's suffix (or the shown name), edit format, shots, tools
    case r.file
        when 'swe_bench_verified' then 'Epoch AI scaffold'
        when 'swe_bench_bash' then 'mini-SWE-agent'
        else r.agent
    end as system, -- agent or scaffold around the model
    case when abs(r.canonical_score) < 100000 then cast(r.canonical_score as decimal(9, 3)) end as score, -- score in its unit
    r.unit,                  -- percent or elo; null where it is neither
    r.evidence,              -- independent: Epoch's own run; quoted: another's figure
    'Epoch AI' as publisher, -- who states it
    -- Only rows with an evaluation day of their own state the whole run's cost; the others mix it
    -- with the cost of one case, so none is taken.
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD; not reliably given
    try_cast(try_cast(r.fields->>'$.cases' as double) as bigint) as test_cases, -- tasks or votes behind the score
    try_cast(left(r.fields->>'$.stated', 10) as date) as stated_on, -- day of the run, where given
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.model_version is null then 'no model version given'
        when r.metric = 'minutes' then 'minutes, neither a share nor a rating'
        when r.unit is null then 'a column whose unit is not known'
        when r.unit = 'percent' and r.scores >= 4 and r.too_high >= 0.5
            then 'unit changed: most of the column above 100 percent'
        when r.factor = 1 and r.scores >= 4 and r.at_most_one >= 0.75
            then 'unit changed: most of the column at most 1 percent'
        when r.file = 'live_bench_external' and nullif(r.release, '') is null
            then 'no release given, and scores differ between releases'
        when r.canonical_score < 0 then 'below zero'
        when r.unit = 'percent' and r.canonical_score > 100 then 'above 100 percent'
        when r.unit = 'elo' and r.canonical_score > 4000 then 'above any rating'
    end as quarantine_reason -- why it is not used; null if it is
from judged as r
