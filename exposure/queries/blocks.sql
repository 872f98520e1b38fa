-- The values that two or more units of a coalition carry, for each half of the
-- people: in how many units, and of how many people (R-EXP-03).
-- Reads sessions, tokens and members (party, side); gives path, value, half,
-- units, owners.
SELECT t.path, t.value, s.half, COUNT(*) AS units, COUNT(DISTINCT s.person) AS owners
FROM tokens t
JOIN sessions s ON s.unit = t.unit
JOIN members m ON m.party = s.party
GROUP BY t.path, t.value, s.half
