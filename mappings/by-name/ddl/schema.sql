-- A schema of its own, so that nobody takes the views for the supplier's.
CREATE SCHEMA cld;
