-- Services: package lines that ran on any day of the period, whether or not they have ended.
SELECT pl.line_ref, pkg.role_cd, pl.start_dt, pl.end_dt, pl.delivery_cd, pl.funding_cd, pl.variation,
       pl.unit_cost, pl.cost_unit_cd, pl.units_per_week,
       cat.name AS service_name, cat.type_cd AS service_type_cd, cat.component_cd,
       -- Only registered locations have an id; the others are teams of the council.
       CASE WHEN prov.cqc_location_id IS NOT NULL THEN prov.location_name END AS location_name, prov.cqc_location_id,
       -- A line that still ran on the last day has no end reason yet, whatever was typed in since.
       CASE WHEN pl.end_dt IS NULL OR substr(pl.end_dt, 1, 10) > :period_end THEN 'OPEN'
            ELSE pl.end_reason_cd END AS outcome_cd,
       CASE pkg.role_cd WHEN 'CA' THEN 'CS' ELSE p.main_need_cd END AS need_cd,
       CASE WHEN pl.status_cd IN ('CANC', 'RIE') THEN pl.status_cd END AS leave_out_cd,
       c.hours_cd,
       p.case_no, p.nhs_no, p.forename, p.surname, p.gender_cd, p.ethnic_cd, p.dob, p.dod, p.unpaid_carer,
       p.gp_practice_cd, gp.practice_name AS gp_practice_name,
       home.postcode, home.accom_cd,
       job.status_cd AS employment_cd,
       h.asd_cd, h.vision_cd, h.hearing_cd, h.dementia_cd,
       c.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM package_line pl
JOIN care_package pkg ON pkg.package_id = pl.package_id
LEFT JOIN service_catalogue cat ON cat.service_cd = pl.service_cd
LEFT JOIN provider prov ON prov.provider_id = pl.provider_id
JOIN person p ON p.person_id = pkg.person_id
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
LEFT JOIN health_profile h ON h.person_id = p.person_id AND pkg.role_cd = 'CL'
LEFT JOIN carer_profile c ON c.person_id = p.person_id AND pkg.role_cd = 'CA'
LEFT JOIN rpt_carer_link link ON link.person_id = p.person_id AND pkg.role_cd = 'CA'
WHERE pl.end_dt IS NULL OR substr(pl.end_dt, 1, 10) >= date(:period_start, '-1 month')
ORDER BY pl.start_dt, pl.line_ref
