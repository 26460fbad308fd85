-- All events in one: the view has the national headers. What ended before the period is passed over; what else does not belong in
-- the file comes along: the agent leaves it out, and counts it.
SELECT "NHS Number", "LA Person Unique Identifier", "First Name", "Last Name", "GP Practice Name",
       "GP Practice Code", "Gender", "Ethnicity", "Date of Birth", "Date of Death", "Client Type",
       "Primary Support Reason", "Postcode", "Accommodation Status", "Employment Status", "Has Unpaid Carer",
       "Autism Spectrum Disorder (ASD)", "Visual Impairment", "Hearing Impairment", "Dementia",
       "Client Funding Status", "Event Type", "Event Reference", "Event Start Date", "Event End Date",
       "Event Description", "Event Outcome", "Request: Route of Access", "Assessment Type",
       "Eligible Needs Identified", "Method of Assessment", "Total Hrs Caring per week",
       "No. of adults being cared for", "Adult 1 Linked Person_ID", "Adult 2 Linked Person_ID",
       "Adult 3 Linked Person_ID", "Service Type", "Service Component", "Delivery Mechanism",
       "Provider CQC Location Name", "Provider CQC Location ID", "Review Reason", "Review Outcomes Achieved",
       "Method of Review", "Unit Cost", "Cost Frequency (Unit Type)", "Planned units per week"
FROM cld.release_1
WHERE "Event End Date" IS NULL OR "Event End Date" >= :period_start
ORDER BY "Event Start Date", "Event Reference", "LA Person Unique Identifier", "Client Type"
