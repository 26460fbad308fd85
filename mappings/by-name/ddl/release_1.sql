-- One row for each request, assessment, service and review, and for each carer known by association, under the national headers.
--
-- It runs as it stands and returns no rows. Put your own expression in the place of each NULL, keep name and type, and end
-- with your own FROM and WHERE.
CREATE OR ALTER VIEW cld.release_1 AS
SELECT
    -- Ten digits, with or without spaces; NULL where it is not known.
    CAST(NULL AS nvarchar(200)) AS "NHS Number",
    -- The number by which workers know the person. Never blank, and the same from one extract to the next.
    CAST(NULL AS nvarchar(200)) AS "LA Person Unique Identifier",
    CAST(NULL AS nvarchar(200)) AS "First Name",
    CAST(NULL AS nvarchar(200)) AS "Last Name",
    CAST(NULL AS nvarchar(200)) AS "GP Practice Name",
    CAST(NULL AS nvarchar(200)) AS "GP Practice Code",
    -- Codes or words of values/gender.csv.
    CAST(NULL AS nvarchar(200)) AS "Gender",
    -- Codes or words of values/ethnicity.csv.
    CAST(NULL AS nvarchar(200)) AS "Ethnicity",
    CAST(NULL AS date) AS "Date of Birth",
    -- NULL for the living.
    CAST(NULL AS date) AS "Date of Death",
    -- 'Service User', 'Carer' or 'Carer known by association'.
    CAST(NULL AS nvarchar(200)) AS "Client Type",
    -- Codes or words of values/support_reason.csv.
    CAST(NULL AS nvarchar(200)) AS "Primary Support Reason",
    CAST(NULL AS nvarchar(200)) AS "Postcode",
    -- Codes or words of values/accommodation.csv.
    CAST(NULL AS nvarchar(200)) AS "Accommodation Status",
    -- Codes or words of values/employment.csv.
    CAST(NULL AS nvarchar(200)) AS "Employment Status",
    -- Codes or words of values/unpaid_carer.csv.
    CAST(NULL AS nvarchar(200)) AS "Has Unpaid Carer",
    -- Codes or words of values/autism.csv.
    CAST(NULL AS nvarchar(200)) AS "Autism Spectrum Disorder (ASD)",
    -- Codes or words of values/visual_impairment.csv.
    CAST(NULL AS nvarchar(200)) AS "Visual Impairment",
    -- Codes or words of values/hearing_impairment.csv.
    CAST(NULL AS nvarchar(200)) AS "Hearing Impairment",
    -- Codes or words of values/dementia.csv.
    CAST(NULL AS nvarchar(200)) AS "Dementia",
    -- Codes or words of values/funding.csv.
    CAST(NULL AS nvarchar(200)) AS "Client Funding Status",
    -- 'Request', 'Assessment', 'Service' or 'Review'; NULL for a carer known by association.
    CAST(NULL AS nvarchar(200)) AS "Event Type",
    -- Names the event for ever, the same from one extract to the next; nothing personal.
    CAST(NULL AS nvarchar(200)) AS "Event Reference",
    CAST(NULL AS date) AS "Event Start Date",
    -- NULL while it is open.
    CAST(NULL AS date) AS "Event End Date",
    CAST(NULL AS nvarchar(400)) AS "Event Description",
    -- Codes or words of values/outcome.csv.
    CAST(NULL AS nvarchar(200)) AS "Event Outcome",
    -- Codes or words of values/route_of_access.csv.
    CAST(NULL AS nvarchar(200)) AS "Request: Route of Access",
    -- Codes or words of values/assessment_type.csv.
    CAST(NULL AS nvarchar(200)) AS "Assessment Type",
    -- Codes or words of values/eligible_needs.csv.
    CAST(NULL AS nvarchar(200)) AS "Eligible Needs Identified",
    -- Codes or words of values/method_of_assessment.csv.
    CAST(NULL AS nvarchar(200)) AS "Method of Assessment",
    -- Codes or words of values/hours_caring.csv.
    CAST(NULL AS nvarchar(200)) AS "Total Hrs Caring per week",
    CAST(NULL AS int) AS "No. of adults being cared for",
    CAST(NULL AS nvarchar(200)) AS "Adult 1 Linked Person_ID",
    CAST(NULL AS nvarchar(200)) AS "Adult 2 Linked Person_ID",
    CAST(NULL AS nvarchar(200)) AS "Adult 3 Linked Person_ID",
    -- Codes or words of values/service_type.csv.
    CAST(NULL AS nvarchar(200)) AS "Service Type",
    -- Codes or words of values/service_component.csv.
    CAST(NULL AS nvarchar(200)) AS "Service Component",
    -- Codes or words of values/delivery_mechanism.csv.
    CAST(NULL AS nvarchar(200)) AS "Delivery Mechanism",
    CAST(NULL AS nvarchar(200)) AS "Provider CQC Location Name",
    CAST(NULL AS nvarchar(200)) AS "Provider CQC Location ID",
    -- Codes or words of values/review_reason.csv.
    CAST(NULL AS nvarchar(200)) AS "Review Reason",
    -- Codes or words of values/outcomes_achieved.csv.
    CAST(NULL AS nvarchar(200)) AS "Review Outcomes Achieved",
    -- Codes or words of values/method_of_review.csv.
    CAST(NULL AS nvarchar(200)) AS "Method of Review",
    CAST(NULL AS decimal(18, 2)) AS "Unit Cost",
    -- Codes or words of values/cost_frequency.csv.
    CAST(NULL AS nvarchar(200)) AS "Cost Frequency (Unit Type)",
    CAST(NULL AS decimal(18, 2)) AS "Planned units per week"
WHERE 1 = 0;
