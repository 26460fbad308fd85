-- The least rights: read the view, and nothing else. Before it, make the service's account a user of the database:
--   SQL login:   CREATE USER cld_agent FOR LOGIN cld_agent WITH DEFAULT_SCHEMA = cld
--   gMSA:        CREATE USER cld_agent FOR LOGIN [COUNCIL\svc-cld$] WITH DEFAULT_SCHEMA = cld
GRANT SELECT ON cld.release_1 TO cld_agent;
