-- Who is dominated today, by whom and by how much?
select p.model_id, p.dominated_by, round(p.dominated_by_points, 1) as points,
    round(100 * p.dominated_cheaper_share) as percent_cheaper
from marts.positioning as p
where p.day_id = 'newest' and p.segment_id = 'developer_midrange' and not p.is_on_frontier
order by p.dominated_by_points desc, p.model_id
limit 8
