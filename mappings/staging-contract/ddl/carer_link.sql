-- One row for each pair of a carer and an adult cared for, where the council supports that adult.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.carer_link AS
SELECT
    -- The carer, as in cld.person.
    CAST(NULL AS nvarchar(50)) AS carer_id,
    -- The adult, as in cld.person. Never the carer again.
    CAST(NULL AS nvarchar(50)) AS adult_id
WHERE 1 = 0;
