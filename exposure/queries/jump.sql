-- A shortcut: a unit takes the label of its label, so that a path of n units
-- is one component after log n steps. Reads stepped (unit, label); gives unit,
-- label.
SELECT a.unit, CASE WHEN b.label < a.label THEN b.label ELSE a.label END AS label
FROM stepped a
JOIN stepped b ON b.unit = a.label
