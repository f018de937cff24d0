-- Standard normals for draws from the joint posterior of capability: the common factors. The same
-- draws in every run (scrambled Sobol points of one seed), so that probabilities do not flicker.
-- key: draw
-- python: pipelines.analysis.draws
select
    cast(n.draw as bigint) as draw, -- number of the draw
    n.factor_1,              -- standard normal of the first common factor
    n.factor_2,              -- of the second
    n.factor_3,              -- of the third
    n.factor_4,              -- of the fourth
    n.factor_5,              -- of the fifth
    n.factor_6               -- of the sixth
from computed_factor_draws as n
