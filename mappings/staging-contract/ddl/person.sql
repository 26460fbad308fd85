-- One row for each person whom the council knows as a client or a carer, as they stood on the last day of the period.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.person AS
SELECT
    -- The number by which workers know the person. Never blank, one row each, and the same from one extract to the
    -- next.
    CAST(NULL AS nvarchar(50)) AS person_id,
    -- Ten digits, with or without spaces; NULL where it is not known.
    CAST(NULL AS varchar(20)) AS nhs_number,
    CAST(NULL AS nvarchar(100)) AS first_name,
    CAST(NULL AS nvarchar(100)) AS last_name,
    CAST(NULL AS nvarchar(200)) AS gp_practice_name,
    -- The national code, a letter and five digits.
    CAST(NULL AS varchar(20)) AS gp_practice_code,
    -- Codes or words of values/gender.csv.
    CAST(NULL AS nvarchar(100)) AS gender,
    -- Codes or words of values/ethnicity.csv.
    CAST(NULL AS nvarchar(150)) AS ethnicity,
    CAST(NULL AS date) AS date_of_birth,
    -- NULL for the living.
    CAST(NULL AS date) AS date_of_death,
    -- Of the person as a client. The queries give carers the reason that is theirs. Codes or words of
    -- values/support_reason.csv.
    CAST(NULL AS nvarchar(150)) AS primary_support_reason,
    -- Of the home address.
    CAST(NULL AS varchar(20)) AS postcode,
    -- Codes or words of values/accommodation.csv.
    CAST(NULL AS nvarchar(200)) AS accommodation_status,
    -- Codes or words of values/employment.csv.
    CAST(NULL AS nvarchar(150)) AS employment_status,
    -- Codes or words of values/unpaid_carer.csv.
    CAST(NULL AS nvarchar(50)) AS has_unpaid_carer,
    -- Codes or words of values/autism.csv.
    CAST(NULL AS nvarchar(50)) AS autism,
    -- Codes or words of values/visual_impairment.csv.
    CAST(NULL AS nvarchar(150)) AS visual_impairment,
    -- Codes or words of values/hearing_impairment.csv.
    CAST(NULL AS nvarchar(150)) AS hearing_impairment,
    -- Codes or words of values/dementia.csv.
    CAST(NULL AS nvarchar(50)) AS dementia,
    -- What the financial assessment came to. Codes or words of values/funding.csv.
    CAST(NULL AS nvarchar(150)) AS client_funding_status,
    -- Of the person as a carer: the band of hours in a week. Codes or words of values/hours_caring.csv.
    CAST(NULL AS nvarchar(50)) AS hours_caring,
    -- Of the person as a carer: how many adults.
    CAST(NULL AS int) AS adults_cared_for
WHERE 1 = 0;
