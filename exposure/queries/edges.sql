-- The joins: each unit with the first unit that carries the same value. One
-- half of the people is joined by what the other taught: by the paths of
-- admitted (path, half, block), by values that no two training people have,
-- and that stand in at most four times the units of any training person's.
-- A side is 0 for members who compare and their party for members who do not.
-- Reads sessions, tokens, members, blocks and admitted; gives unit, head.
SELECT s.unit, MIN(s.unit) OVER (PARTITION BY t.path, t.value, s.half, m.side) AS head
FROM tokens t
JOIN sessions s ON s.unit = t.unit
JOIN members m ON m.party = s.party
JOIN blocks b ON b.path = t.path AND b.value = t.value AND b.half = s.half
JOIN admitted a ON a.path = t.path AND a.half = s.half
LEFT JOIN blocks o ON o.path = t.path AND o.value = t.value AND o.half = 1 - s.half
WHERE b.units > 1 AND b.units <= 4 * a.block AND COALESCE(o.owners, 0) <= 1
