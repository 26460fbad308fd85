-- Carers known by association: their support is recorded on the client's rows alone, so they have no event of their own. The
-- row gives the person and the adults cared for, and nothing else.
WITH placed AS (
    SELECT carer_id, adult_id, ROW_NUMBER() OVER (PARTITION BY carer_id ORDER BY adult_id) AS place
    FROM cld.carer_link
), link AS (
    -- The national file has room for three.
    SELECT carer_id,
           MAX(CASE place WHEN 1 THEN adult_id END) AS adult_1,
           MAX(CASE place WHEN 2 THEN adult_id END) AS adult_2,
           MAX(CASE place WHEN 3 THEN adult_id END) AS adult_3
    FROM placed
    GROUP BY carer_id
)
SELECT 'Carer known by association' AS client_type, 'Social Support: Support to Carer' AS support_reason,
       link.carer_id AS person_id, p.nhs_number, p.first_name, p.last_name, p.gp_practice_name, p.gp_practice_code,
       p.gender, p.ethnicity, p.date_of_birth, p.date_of_death, p.postcode,
       p.accommodation_status, p.employment_status, p.has_unpaid_carer,
       NULL AS autism, NULL AS visual_impairment, NULL AS hearing_impairment, NULL AS dementia,
       p.hours_caring, p.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM link
LEFT JOIN cld.person p ON p.person_id = link.carer_id
WHERE (p.date_of_death IS NULL OR p.date_of_death >= :period_start)
  AND NOT EXISTS (SELECT 1 FROM cld.request r WHERE r.person_id = link.carer_id AND r.client_type = 'Carer')
  AND NOT EXISTS (SELECT 1 FROM cld.assessment a WHERE a.person_id = link.carer_id AND a.client_type = 'Carer')
  AND NOT EXISTS (SELECT 1 FROM cld.service s WHERE s.person_id = link.carer_id AND s.client_type = 'Carer')
  AND NOT EXISTS (SELECT 1 FROM cld.review v WHERE v.person_id = link.carer_id AND v.client_type = 'Carer')
ORDER BY link.carer_id
