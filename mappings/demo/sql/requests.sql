-- Requests: contacts that were closed in the period, whenever they came in.
-- A month before the period comes along, and everything still open: the agent leaves out, and counts, what is not due.
SELECT ct.contact_ref, ct.role_cd, ct.received_dt, ct.closed_dt, ct.route_cd, ct.outcome_cd, ct.summary,
       CASE ct.role_cd WHEN 'CA' THEN 'CS' ELSE p.main_need_cd END AS need_cd,
       -- Safeguarding concerns arrive through the same front door, and are another return's business.
       CASE WHEN ct.contact_type_cd = 'SGC' THEN 'SGC'
            WHEN ct.status_cd IN ('CANC', 'RIE') THEN ct.status_cd END AS leave_out_cd,
       ct.hours_caring_cd AS contact_hours_cd, c.hours_cd AS profile_hours_cd,
       p.case_no, p.nhs_no, p.forename, p.surname, p.gender_cd, p.ethnic_cd, p.dob, p.dod, p.unpaid_carer,
       p.gp_practice_cd, gp.practice_name AS gp_practice_name,
       home.postcode, home.accom_cd,
       job.status_cd AS employment_cd,
       h.asd_cd, h.vision_cd, h.hearing_cd, h.dementia_cd,
       c.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM contact ct
JOIN person p ON p.person_id = ct.person_id
LEFT JOIN gp_practice gp ON gp.practice_code = p.gp_practice_cd
-- The address on the last day of the period; for somebody who had none that day, the latest before it.
LEFT JOIN address home ON home.address_id = (
    SELECT a.address_id FROM address a
    WHERE a.person_id = p.person_id AND a.from_dt <= :period_end
    ORDER BY a.from_dt DESC, a.address_id DESC LIMIT 1)
LEFT JOIN employment job ON job.employment_id = (
    SELECT e.employment_id FROM employment e
    WHERE e.person_id = p.person_id AND e.from_dt <= :period_end
    ORDER BY e.from_dt DESC, e.employment_id DESC LIMIT 1)
-- Some people are client and carer: each capacity brings its own details.
LEFT JOIN health_profile h ON h.person_id = p.person_id AND ct.role_cd = 'CL'
LEFT JOIN carer_profile c ON c.person_id = p.person_id AND ct.role_cd = 'CA'
LEFT JOIN rpt_carer_link link ON link.person_id = p.person_id AND ct.role_cd = 'CA'
WHERE (ct.received_dt IS NULL OR substr(ct.received_dt, 1, 10) <= :period_end)
  AND (ct.closed_dt IS NULL OR substr(ct.closed_dt, 1, 10) >= date(:period_start, '-1 month'))
ORDER BY ct.received_dt, ct.contact_ref
