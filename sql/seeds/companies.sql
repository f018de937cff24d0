-- Products and firms in segments that are not models, with their role towards model APIs.
-- key: company_id
-- check role_is_known: role in ('substitute', 'buyer', 'open_producer', 'vendor_owned', 'formal_proof', 'low_overlap')
-- check beginning_is_in_order: began_on_earliest <= began_on_latest or began_on_latest is null
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.company_id, -- our id
    c.name, -- name
    c.segment_id, -- segment
    c.kind, -- start-up, non-profit, listed, product ...
    c.role, -- substitute, buyer, open_producer, vendor_owned, formal_proof or low_overlap
    c.founded, -- when it began, as the source says
    cast(c.began_on_earliest as date) as began_on_earliest, -- first day of the period in which it began; null if not known
    cast(c.began_on_latest as date) as began_on_latest, -- last day of it; null if not known
    cast(c.role_since as date) as role_since, -- first day of its role, if that is later than its beginning
    cast(c.role_until as date) as role_until, -- first day of another role; null while it lasts
    c.sells, -- what it sells or gives
    c.price_to_user, -- what the user pays, as the source says
    c.capability_benchmark_id, -- benchmark on which its own capability is published, if any
    cast(c.capability_score as decimal(9, 3)) as capability_score, -- its score there, percent
    c.observed, -- what was observed after the launch
    c.evidence_grade, -- read, secondary, memory or not found
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_companies as c
