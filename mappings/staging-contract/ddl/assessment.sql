-- One row for each assessment, whether or not it has been completed.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.assessment AS
SELECT
    -- Names the row, as request_id does.
    CAST(NULL AS nvarchar(50)) AS assessment_id,
    -- Whom it is about.
    CAST(NULL AS nvarchar(50)) AS person_id,
    -- 'Service User' or 'Carer'.
    CAST(NULL AS nvarchar(50)) AS client_type,
    CAST(NULL AS date) AS start_date,
    -- NULL while it is open.
    CAST(NULL AS date) AS end_date,
    CAST(NULL AS nvarchar(400)) AS description,
    -- NULL for a financial assessment. Codes or words of values/outcome.csv.
    CAST(NULL AS nvarchar(150)) AS outcome,
    -- Codes or words of values/assessment_type.csv.
    CAST(NULL AS nvarchar(150)) AS assessment_type,
    -- Codes or words of values/eligible_needs.csv.
    CAST(NULL AS nvarchar(150)) AS eligible_needs,
    -- Who took part; NULL for a financial assessment. Codes or words of values/method_of_assessment.csv.
    CAST(NULL AS nvarchar(150)) AS method,
    -- As in cld.request; also mental capacity and deprivation of liberty.
    CAST(NULL AS nvarchar(100)) AS leave_out
WHERE 1 = 0;
