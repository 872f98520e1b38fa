-- What each half of the people teaches about a path: people joined by a value
-- of their own, pairs of people with a rare value in common, most units that
-- one person's value stands in. Reads blocks; gives path, half, joined,
-- collisions, block.
SELECT path, half,
  SUM(CASE WHEN owners = 1 AND units > 1 THEN 1 ELSE 0 END) AS joined,
  SUM(CASE WHEN owners = 2 THEN 1 WHEN owners = 3 THEN 3 ELSE 0 END) AS collisions,
  MAX(CASE WHEN owners = 1 AND units > 1 THEN units ELSE 0 END) AS block
FROM blocks
GROUP BY path, half
