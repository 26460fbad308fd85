-- Reviews that were completed in the period. The module came over from the system before this one, and keeps its
-- dates as dd/mm/yyyy text: they are turned round before they are compared.
WITH rv AS (
    SELECT *,
           substr(review_started, 7, 4) || '-' || substr(review_started, 4, 2) || '-' || substr(review_started, 1, 2) AS started_on,
           substr(review_completed, 7, 4) || '-' || substr(review_completed, 4, 2) || '-' || substr(review_completed, 1, 2) AS completed_on
    FROM review
)
SELECT rv.review_ref, rv.role_cd, rv.due_reason_cd, rv.review_started, rv.review_completed, rv.method_cd,
       rv.outcomes_met, rv.outcome_cd, rv.notes,
       CASE rv.role_cd WHEN 'CA' THEN 'CS' ELSE p.main_need_cd END AS need_cd,
       CASE WHEN rv.status_cd IN ('CANC', 'RIE') THEN rv.status_cd END AS leave_out_cd,
       -- A client without a means test has not been assessed yet.
       CASE rv.role_cd WHEN 'CL' THEN COALESCE(fin.funding_cd, 'NYA') END AS funding_cd,
       c.hours_cd,
       p.case_no, p.nhs_no, p.forename, p.surname, p.gender_cd, p.ethnic_cd, p.dob, p.dod, p.unpaid_carer,
       p.gp_practice_cd, gp.practice_name AS gp_practice_name,
       home.postcode, home.accom_cd,
       job.status_cd AS employment_cd,
       h.asd_cd, h.vision_cd, h.hearing_cd, h.dementia_cd,
       c.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM rv
JOIN person p ON p.person_id = rv.person_id
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
LEFT JOIN health_profile h ON h.person_id = p.person_id AND rv.role_cd = 'CL'
LEFT JOIN carer_profile c ON c.person_id = p.person_id AND rv.role_cd = 'CA'
LEFT JOIN rpt_carer_link link ON link.person_id = p.person_id AND rv.role_cd = 'CA'
LEFT JOIN financial_position fin ON fin.person_id = p.person_id
WHERE (rv.started_on IS NULL OR rv.started_on <= :period_end)
  AND (rv.completed_on IS NULL OR rv.completed_on >= date(:period_start, '-1 month'))
ORDER BY rv.started_on, rv.review_ref
