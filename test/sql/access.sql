--
-- stormdisc_grant, stormdisc_revoke, stormdisc_area_objects
--
CREATE ROLE regress_access;
SELECT area, left(statement, 24) AS statement, right(statement, 18) AS to_whom
FROM unnest('{discovery,ports,traces,migrations}'::text[]) area, unnest(stormdisc_grant('regress_access', area)) statement;
-- the fifth area has of them what only reads; a role that has them has that, too
SELECT stormdisc_grant('regress_access', 'read');
SELECT area, role_name FROM stormdisc.area_roles ORDER BY area;
SELECT area, cardinality(stormdisc_revoke('regress_access', area)) AS statements FROM unnest('{discovery,ports,traces,migrations,read}'::text[]) area;
SELECT stormdisc_revoke('regress_access', 'ports');
SELECT area, role_name FROM stormdisc.area_roles ORDER BY area;
-- nothing is left of it
DROP ROLE regress_access;

SELECT area, object_type, privilege, count(*) > 0 AS some, bool_or(is_public) AS some_are_public FROM stormdisc_area_objects() GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT stormdisc_grant('regress_access', 'ports');
SELECT stormdisc_grant(current_user, 'everything');
SELECT stormdisc_grant(NULL, 'ports');
SELECT stormdisc_revoke(current_user, NULL);
