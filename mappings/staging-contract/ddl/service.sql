-- One row for each line of a package of care.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.service AS
SELECT
    -- Names the row, as request_id does.
    CAST(NULL AS nvarchar(50)) AS service_id,
    -- Who gets the service.
    CAST(NULL AS nvarchar(50)) AS person_id,
    -- 'Service User' or 'Carer'.
    CAST(NULL AS nvarchar(50)) AS client_type,
    -- The day of the first delivery. It does not begin anew with each financial year.
    CAST(NULL AS date) AS start_date,
    -- The day of the last delivery; NULL while it runs, and while it is suspended.
    CAST(NULL AS date) AS end_date,
    CAST(NULL AS nvarchar(400)) AS description,
    -- Of a service that has ended. The queries say of the others that they go on. Codes or words of
    -- values/outcome.csv.
    CAST(NULL AS nvarchar(150)) AS outcome,
    -- Codes or words of values/service_type.csv.
    CAST(NULL AS nvarchar(150)) AS service_type,
    -- Codes or words of values/service_component.csv.
    CAST(NULL AS nvarchar(150)) AS service_component,
    -- Codes or words of values/delivery_mechanism.csv.
    CAST(NULL AS nvarchar(150)) AS delivery_mechanism,
    -- Of a registered location.
    CAST(NULL AS nvarchar(200)) AS provider_name,
    -- Of a registered location.
    CAST(NULL AS varchar(20)) AS cqc_location_id,
    -- The planned gross cost of one unit, in pounds.
    CAST(NULL AS decimal(18, 2)) AS unit_cost,
    -- What one unit is. Codes or words of values/cost_frequency.csv.
    CAST(NULL AS nvarchar(50)) AS cost_frequency,
    -- Where a unit is shorter than a week.
    CAST(NULL AS decimal(18, 2)) AS planned_units_per_week,
    -- As in cld.request.
    CAST(NULL AS nvarchar(100)) AS leave_out
WHERE 1 = 0;
