-- One step of label propagation: a unit takes the smallest label among the
-- units it is joined with. Reads edges and labels (unit, label); gives unit,
-- label for the units that have edges.
SELECT e.unit, MIN(n.low) AS label
FROM edges e
JOIN (
  SELECT x.head, MIN(l.label) AS low
  FROM edges x
  JOIN labels l ON l.unit = x.unit
  GROUP BY x.head
) n ON n.head = e.head
GROUP BY e.unit
