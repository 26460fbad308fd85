-- The least rights: read the six views, and nothing else. Before it, make the service's account a user of the database:
--   SQL login:   CREATE USER cld_agent FOR LOGIN cld_agent WITH DEFAULT_SCHEMA = cld
--   gMSA:        CREATE USER cld_agent FOR LOGIN [COUNCIL\svc-cld$] WITH DEFAULT_SCHEMA = cld
GRANT SELECT ON cld.person TO cld_agent;
GRANT SELECT ON cld.request TO cld_agent;
GRANT SELECT ON cld.assessment TO cld_agent;
GRANT SELECT ON cld.service TO cld_agent;
GRANT SELECT ON cld.review TO cld_agent;
GRANT SELECT ON cld.carer_link TO cld_agent;
