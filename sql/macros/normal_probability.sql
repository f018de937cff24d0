-- Probability that a standard normal is below `z`, within 1e-7 (Abramowitz and Stegun, 26.2.17).
create or replace macro normal_probability(z) as
case
    when z = 0 then 0.5e0
    else case when z < 0 then 0 else 1 end
        + case when z < 0 then 1 else -1 end * exp(-z * z / 2) * 0.3989422804014327
        / (1 + 0.2316419 * abs(z)) * (
            0.319381530 + (-0.356563782 + (1.781477937 + (-1.821255978
                + 1.330274429 / (1 + 0.2316419 * abs(z))) / (1 + 0.2316419 * abs(z)))
                / (1 + 0.2316419 * abs(z))) / (1 + 0.2316419 * abs(z))
        )
end
