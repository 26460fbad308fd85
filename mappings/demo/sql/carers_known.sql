-- Carers known by association: their support is recorded on the client's rows alone, so they have no event of their own.
-- The row gives the person and the adults cared for, and nothing else.
SELECT 'CAR-' || printf('%07d', p.person_id) AS carer_key,
       'CS' AS need_cd,
       p.case_no, p.nhs_no, p.forename, p.surname, p.gender_cd, p.ethnic_cd, p.dob, p.dod, p.unpaid_carer,
       p.gp_practice_cd, gp.practice_name AS gp_practice_name,
       home.postcode, home.accom_cd,
       c.hours_cd, c.adults_cared_for, link.adult_1, link.adult_2, link.adult_3
FROM rpt_carer_link link
JOIN person p ON p.person_id = link.person_id
LEFT JOIN gp_practice gp ON gp.practice_code = p.gp_practice_cd
-- The address on the last day of the period; for somebody who had none that day, the latest before it.
LEFT JOIN address home ON home.address_id = (
    SELECT a.address_id FROM address a
    WHERE a.person_id = p.person_id AND a.from_dt <= :period_end
    ORDER BY a.from_dt DESC, a.address_id DESC LIMIT 1)
LEFT JOIN carer_profile c ON c.person_id = p.person_id
WHERE (p.dod IS NULL OR p.dod >= :period_start)
  AND NOT EXISTS (SELECT 1 FROM contact ct WHERE ct.person_id = p.person_id)
  AND NOT EXISTS (SELECT 1 FROM assessment asm WHERE asm.person_id = p.person_id)
  AND NOT EXISTS (SELECT 1 FROM care_package pkg WHERE pkg.person_id = p.person_id)
  AND NOT EXISTS (SELECT 1 FROM review rv WHERE rv.person_id = p.person_id)
ORDER BY carer_key
