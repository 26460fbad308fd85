-- Assessments that were completed in the period. A financial assessment has neither outcome nor method.
SELECT asm.assessment_ref, asm.role_cd, asm.form_cd, asm.started_dt, asm.completed_dt, asm.method_cd,
       asm.eligible_cd, asm.outcome_cd,
       ft.description AS form_name, asm.notes,
       CASE asm.role_cd WHEN 'CA' THEN 'CS' ELSE p.main_need_cd END AS need_cd,
       -- Deprivation of Liberty and mental capacity assessments use the same module, and are out of scope.
       CASE WHEN asm.form_cd IN ('DOLS', 'MCA') THEN asm.form_cd
            WHEN asm.status_cd IN ('CANC', 'RIE') THEN asm.status_cd END AS leave_out_cd,
       -- A client without a means test has not been assessed yet.
       CASE asm.role_cd WHEN 'CL' THEN COALESCE(fin.funding_cd, 'NYA') END AS funding_cd,
       c.hours_cd,
       p.case_no, p.nhs_no, p.forename, p.surname, p.gender_cd, p.ethnic_cd, p.dob, p.dod, p.unpaid_carer,
       p.gp_practice_cd, gp.practice_name AS gp_practice_name,
       home.postcode, home.accom_cd,
       job.status_cd AS employment_cd,
       h.asd_cd, h.vision_cd, h.hearing_cd, h.dementia_cd,
       c.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM assessment asm
LEFT JOIN code_lookup ft ON ft.list_name = 'assessment_type' AND ft.code = asm.form_cd
JOIN person p ON p.person_id = asm.person_id
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
LEFT JOIN health_profile h ON h.person_id = p.person_id AND asm.role_cd = 'CL'
LEFT JOIN carer_profile c ON c.person_id = p.person_id AND asm.role_cd = 'CA'
LEFT JOIN rpt_carer_link link ON link.person_id = p.person_id AND asm.role_cd = 'CA'
LEFT JOIN financial_position fin ON fin.person_id = p.person_id
WHERE (asm.started_dt IS NULL OR substr(asm.started_dt, 1, 10) <= :period_end)
  AND (asm.completed_dt IS NULL OR substr(asm.completed_dt, 1, 10) >= date(:period_start, '-1 month'))
ORDER BY asm.started_dt, asm.assessment_ref
