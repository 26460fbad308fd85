-- Requests: what ended before the period is passed over. What else does not belong in the file (open ones, those that start or
-- end after it) comes along: the agent leaves it out, and counts it.
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
SELECT r.request_id, r.person_id, r.client_type, r.start_date, r.end_date, r.description,
       r.outcome, r.route_of_access,
       r.leave_out,
       p.nhs_number, p.first_name, p.last_name, p.gp_practice_name, p.gp_practice_code,
       p.gender, p.ethnicity, p.date_of_birth, p.date_of_death, p.postcode,
       p.accommodation_status, p.employment_status, p.has_unpaid_carer,
       -- Somebody may be client and carer: each capacity brings its own details.
       CASE WHEN r.client_type = 'Carer' THEN 'Social Support: Support to Carer'
            ELSE p.primary_support_reason END AS support_reason,
       CASE WHEN r.client_type = 'Service User' THEN p.autism END AS autism,
       CASE WHEN r.client_type = 'Service User' THEN p.visual_impairment END AS visual_impairment,
       CASE WHEN r.client_type = 'Service User' THEN p.hearing_impairment END AS hearing_impairment,
       CASE WHEN r.client_type = 'Service User' THEN p.dementia END AS dementia,
       CASE WHEN r.client_type = 'Carer' THEN p.hours_caring END AS hours_caring,
       CASE WHEN r.client_type = 'Carer' THEN p.adults_cared_for END AS adults_cared_for,
       link.adult_1, link.adult_2, link.adult_3
FROM cld.request r
-- An event whose person is missing is sent without their details, and reported, rather than lost.
LEFT JOIN cld.person p ON p.person_id = r.person_id
LEFT JOIN link ON link.carer_id = r.person_id AND r.client_type = 'Carer'
WHERE r.end_date IS NULL OR r.end_date >= :period_start
ORDER BY r.start_date, r.request_id
