-- One row for each contact that asked for support, whether or not it has been completed.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.request AS
SELECT
    -- Names the row. Never blank, never used twice, the same in every extract, and without anything personal in it.
    CAST(NULL AS nvarchar(50)) AS request_id,
    -- Whom it is about, as in cld.person.
    CAST(NULL AS nvarchar(50)) AS person_id,
    -- 'Service User' or 'Carer', in these words: the capacity in which the person asked.
    CAST(NULL AS nvarchar(50)) AS client_type,
    -- The day on which it came in.
    CAST(NULL AS date) AS start_date,
    -- The day on which it was completed; NULL while it is open.
    CAST(NULL AS date) AS end_date,
    -- Local wording. The word "conversation" in it marks a three-conversations event.
    CAST(NULL AS nvarchar(400)) AS description,
    -- Codes or words of values/outcome.csv.
    CAST(NULL AS nvarchar(150)) AS outcome,
    -- Codes or words of values/route_of_access.csv.
    CAST(NULL AS nvarchar(150)) AS route_of_access,
    -- Why the row must never be sent (cancelled, recorded in error, safeguarding); NULL for all others. A reason,
    -- never a name.
    CAST(NULL AS nvarchar(100)) AS leave_out
WHERE 1 = 0;
