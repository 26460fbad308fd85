-- Services: lines that ran on any day of the period, whether or not they have ended. Those that start after it come along: the
-- agent leaves them out, and counts them.
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
SELECT s.service_id, s.person_id, s.client_type, s.start_date, s.end_date, s.description,
       -- A line that still ran on the last day of the period has no outcome but that it goes on.
       CASE WHEN s.end_date IS NULL OR s.end_date > :period_end THEN 'Provision of service' ELSE s.outcome END AS outcome,
       s.service_type, s.service_component, s.delivery_mechanism, s.provider_name, s.cqc_location_id,
       s.unit_cost, s.cost_frequency, s.planned_units_per_week,
       s.leave_out,
       p.nhs_number, p.first_name, p.last_name, p.gp_practice_name, p.gp_practice_code,
       p.gender, p.ethnicity, p.date_of_birth, p.date_of_death, p.postcode,
       p.accommodation_status, p.employment_status, p.has_unpaid_carer,
       -- Somebody may be client and carer: each capacity brings its own details.
       CASE WHEN s.client_type = 'Carer' THEN 'Social Support: Support to Carer'
            ELSE p.primary_support_reason END AS support_reason,
       CASE WHEN s.client_type = 'Service User' THEN p.autism END AS autism,
       CASE WHEN s.client_type = 'Service User' THEN p.visual_impairment END AS visual_impairment,
       CASE WHEN s.client_type = 'Service User' THEN p.hearing_impairment END AS hearing_impairment,
       CASE WHEN s.client_type = 'Service User' THEN p.dementia END AS dementia,
       CASE WHEN s.client_type = 'Service User' THEN p.client_funding_status END AS client_funding_status,
       CASE WHEN s.client_type = 'Carer' THEN p.hours_caring END AS hours_caring,
       CASE WHEN s.client_type = 'Carer' THEN p.adults_cared_for END AS adults_cared_for,
       link.adult_1, link.adult_2, link.adult_3
FROM cld.service s
-- An event whose person is missing is sent without their details, and reported, rather than lost.
LEFT JOIN cld.person p ON p.person_id = s.person_id
LEFT JOIN link ON link.carer_id = s.person_id AND s.client_type = 'Carer'
WHERE s.end_date IS NULL OR s.end_date >= :period_start
ORDER BY s.start_date, s.service_id
