-- One row for each review, whether or not it has been completed.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.review AS
SELECT
    -- Names the row, as request_id does.
    CAST(NULL AS nvarchar(50)) AS review_id,
    -- Whom it is about.
    CAST(NULL AS nvarchar(50)) AS person_id,
    -- 'Service User' or 'Carer'.
    CAST(NULL AS nvarchar(50)) AS client_type,
    CAST(NULL AS date) AS start_date,
    -- NULL while it is open.
    CAST(NULL AS date) AS end_date,
    CAST(NULL AS nvarchar(400)) AS description,
    -- Codes or words of values/outcome.csv.
    CAST(NULL AS nvarchar(150)) AS outcome,
    -- Codes or words of values/review_reason.csv.
    CAST(NULL AS nvarchar(150)) AS review_reason,
    -- Codes or words of values/outcomes_achieved.csv.
    CAST(NULL AS nvarchar(150)) AS outcomes_achieved,
    -- Who took part. Codes or words of values/method_of_review.csv.
    CAST(NULL AS nvarchar(150)) AS method,
    -- As in cld.request.
    CAST(NULL AS nvarchar(100)) AS leave_out
WHERE 1 = 0;
