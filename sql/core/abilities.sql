-- What capability is divided into.
-- key: ability_id
select
    a.ability_id,            -- our id
    a.name,                  -- name in a sentence
    a.description            -- what it covers
from seeds.abilities as a
