-- Of which launches, repricings and withdrawals is no verdict made, and why?
select u.event_kind, u.because, count(*) as events, min(u.title) as for_example
from marts.unjudged_events as u
group by u.event_kind, u.because
order by u.event_kind, u.because
