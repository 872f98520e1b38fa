-- How often a component of so many logins holds so many of a person's so many:
-- all that pairwise and B-cubed figures need. A login counts where its first
-- unit of the coalition is. Reads sessions, members and components (unit,
-- component); gives component_size, person_size, cell, times.
WITH logins AS (
  SELECT login, person, MIN(s.unit) AS unit
  FROM sessions s
  JOIN members m ON m.party = s.party
  WHERE login >= 0
  GROUP BY login, person
), placed AS (
  SELECT l.person, COALESCE(c.component, l.unit) AS component
  FROM logins l
  LEFT JOIN components c ON c.unit = l.unit
), cells AS (
  SELECT component, person, COUNT(*) AS cell FROM placed GROUP BY component, person
), components_by_size AS (
  SELECT component, COUNT(*) AS component_size FROM placed GROUP BY component
), people_by_size AS (
  SELECT person, COUNT(*) AS person_size FROM placed GROUP BY person
)
SELECT k.component_size, p.person_size, x.cell, COUNT(*) AS times
FROM cells x
JOIN components_by_size k ON k.component = x.component
JOIN people_by_size p ON p.person = x.person
GROUP BY k.component_size, p.person_size, x.cell
