-- How many people of each half share a value at a path with some others, but
-- not with most. Reads sessions, tokens, members, blocks and halves (half,
-- people); gives path, half, sharing.
SELECT t.path, s.half, COUNT(DISTINCT s.person) AS sharing
FROM tokens t
JOIN sessions s ON s.unit = t.unit
JOIN members m ON m.party = s.party
JOIN blocks b ON b.path = t.path AND b.value = t.value AND b.half = s.half
JOIN halves h ON h.half = s.half
WHERE b.owners > 1 AND 2 * b.owners <= h.people
GROUP BY t.path, s.half
