/*
 * identities.sql
 *	  What a document should hold, in plain SQL: the kind and the key of every
 *	  object of the database, for test/t/051_oracle.pl.
 *
 * Written from the documentation, as reference.sql is, which must be there.  The
 * scope is that without arguments, but for the schema reference itself.
 */

-- Belongs to an extension, and so not to the user.
CREATE FUNCTION reference.is_member(class regclass, object oid) RETURNS bool
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_depend
				   WHERE classid = $1 AND objid = $2 AND deptype = 'e'
					 AND refclassid = 'pg_extension'::regclass)
$$;

-- The user's schemas.
CREATE FUNCTION reference.schemas() RETURNS TABLE (oid oid, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT oid, quote_ident(nspname) FROM pg_namespace
	WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'reference')
	  AND NOT reference.is_member('pg_namespace', oid)
$$;

-- The relations of these kinds, with their names in SQL.
CREATE FUNCTION reference.user_relations(kinds text)
RETURNS TABLE (oid oid, name text, relation pg_catalog.pg_class)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid, s.name || '.' || quote_ident(relname), c
	FROM pg_class c JOIN reference.schemas() s ON s.oid = relnamespace
	WHERE strpos(kinds, relkind::text) > 0
	  AND NOT reference.is_member('pg_class', c.oid)
$$;

-- The user's types that are made as such: not arrays, rows of tables,
-- multiranges.
CREATE FUNCTION reference.user_types() RETURNS TABLE (oid oid, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.oid, s.name || '.' || quote_ident(typname)
	FROM pg_type t JOIN reference.schemas() s ON s.oid = typnamespace
	WHERE (typtype IN ('b', 'd', 'e', 'r') OR NOT typisdefined OR
		   typtype = 'c' AND (SELECT relkind FROM pg_class
							  WHERE oid = typrelid) = 'c')
	  AND NOT EXISTS (SELECT FROM pg_type WHERE typarray = t.oid)
	  AND NOT reference.is_member('pg_type', t.oid)
$$;

CREATE FUNCTION reference.type_names(types oid[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(string_agg(CASE WHEN t = 0 THEN 'NONE' ELSE
			format_type(t, NULL) END, ',' ORDER BY n), '')
	FROM unnest(types) WITH ORDINALITY u(t, n)
$$;

-- Functions that nobody but the user has made: a range's constructors come
-- with the range.
CREATE FUNCTION reference.user_functions()
RETURNS TABLE (oid oid, name text, function pg_catalog.pg_proc)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT p.oid, s.name || '.' || quote_ident(proname) || '(' ||
		reference.type_names(proargtypes::oid[]) || ')', p
	FROM pg_proc p JOIN reference.schemas() s ON s.oid = pronamespace
	WHERE NOT reference.is_member('pg_proc', p.oid)
	  AND NOT EXISTS (SELECT FROM pg_depend
					  WHERE classid = 'pg_proc'::regclass AND objid = p.oid
						AND deptype = 'i')
$$;

-- Everything that has privileges: kind, name, owner, list, and the kind's letter
-- in acldefault().
CREATE FUNCTION reference.lists()
RETURNS TABLE (identity text, acl aclitem[], usual aclitem[])
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT 'schema ' || s.name, nspacl, acldefault('n', nspowner)
	FROM reference.schemas() s JOIN pg_namespace n ON n.oid = s.oid
	UNION ALL
	SELECT CASE (r.relation).relkind WHEN 'v' THEN 'view'
			WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
			WHEN 'S' THEN 'sequence' ELSE 'table' END || ' ' || r.name,
		(r.relation).relacl,
		acldefault(CASE (r.relation).relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
			(r.relation).relowner)
	FROM reference.user_relations('rpvmfS') r
	UNION ALL
	SELECT 'column ' || r.name || '.' || quote_ident(attname), attacl, NULL
	FROM reference.user_relations('rpvmf') r
		JOIN pg_attribute ON attrelid = r.oid AND NOT attisdropped
	UNION ALL
	SELECT CASE (f.function).prokind WHEN 'p' THEN 'procedure'
			WHEN 'a' THEN 'aggregate' ELSE 'function' END || ' ' || f.name,
		(f.function).proacl, acldefault('f', (f.function).proowner)
	FROM reference.user_functions() f
	UNION ALL
	SELECT CASE typtype WHEN 'd' THEN 'domain' ELSE 'type' END || ' ' || u.name,
		typacl, acldefault('T', typowner)
	FROM reference.user_types() u JOIN pg_type t ON t.oid = u.oid
	UNION ALL
	SELECT 'language ' || quote_ident(lanname), lanacl,
		acldefault('l', lanowner)
	FROM pg_language
	WHERE oid >= 16384 AND lanpltrusted
	  AND NOT reference.is_member('pg_language', oid)
	UNION ALL
	SELECT 'foreign data wrapper ' || quote_ident(fdwname), fdwacl,
		acldefault('F', fdwowner)
	FROM pg_foreign_data_wrapper
	WHERE NOT reference.is_member('pg_foreign_data_wrapper', oid)
	UNION ALL
	SELECT 'foreign server ' || quote_ident(srvname), srvacl,
		acldefault('S', srvowner)
	FROM pg_foreign_server
	WHERE NOT reference.is_member('pg_foreign_server', oid)
	UNION ALL
	SELECT 'default privileges for role ' || quote_ident(rolname) ||
		coalesce(' in schema ' || s.name, '') || ' on ' ||
		CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
			WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
			WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END,
		defaclacl,
		CASE WHEN s.name IS NULL THEN
			acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype
				END, defaclrole) END
	FROM pg_default_acl JOIN pg_roles r ON r.oid = defaclrole
		LEFT JOIN reference.schemas() s ON s.oid = defaclnamespace
	WHERE defaclnamespace = 0 OR s.oid IS NOT NULL
$$;

-- The objects of a document.  Columns are numbered within their relation.
CREATE FUNCTION reference.identities() RETURNS TABLE (kind text, identity text)
LANGUAGE sql STABLE SET search_path = pg_catalog SET quote_all_identifiers = off AS $$
	SELECT 'schemas', name FROM reference.schemas()
	UNION ALL
	SELECT 'extensions', quote_ident(extname)
	FROM pg_extension JOIN reference.schemas() s ON s.oid = extnamespace
	UNION ALL
	SELECT 'languages', quote_ident(lanname) FROM pg_language
	WHERE oid >= 16384 AND NOT reference.is_member('pg_language', oid)
	UNION ALL
	SELECT 'access_methods', quote_ident(amname) FROM pg_am
	WHERE oid >= 16384 AND NOT reference.is_member('pg_am', oid)
	UNION ALL
	SELECT 'types', name FROM reference.user_types()
	UNION ALL
	SELECT 'collations', s.name || '.' || quote_ident(collname)
	FROM pg_collation c JOIN reference.schemas() s ON s.oid = collnamespace
	WHERE NOT reference.is_member('pg_collation', c.oid)
	UNION ALL
	SELECT 'conversions', s.name || '.' || quote_ident(conname)
	FROM pg_conversion c JOIN reference.schemas() s ON s.oid = connamespace
	WHERE NOT reference.is_member('pg_conversion', c.oid)
	UNION ALL
	SELECT 'text_search', s.name || '.' || quote_ident(o.name) || '.' || o.kind
	FROM (SELECT 'parser', 'pg_ts_parser'::regclass, oid, prsname::text, prsnamespace FROM pg_ts_parser
		  UNION ALL
		  SELECT 'template', 'pg_ts_template', oid, tmplname, tmplnamespace FROM pg_ts_template
		  UNION ALL
		  SELECT 'dictionary', 'pg_ts_dict', oid, dictname, dictnamespace FROM pg_ts_dict
		  UNION ALL
		  SELECT 'configuration', 'pg_ts_config', oid, cfgname, cfgnamespace FROM pg_ts_config)
			o(kind, class, oid, name, schema)
		JOIN reference.schemas() s ON s.oid = o.schema
	WHERE NOT reference.is_member(o.class, o.oid)
	UNION ALL
	SELECT 'functions', name FROM reference.user_functions()
	UNION ALL
	SELECT 'operators', s.name || '.' || oprname || '(' ||
		reference.type_names(ARRAY[oprleft, oprright]) || ')'
	FROM pg_operator o JOIN reference.schemas() s ON s.oid = oprnamespace
	-- the other half of one that is yet to be made
	WHERE oprcode <> 0 AND NOT reference.is_member('pg_operator', o.oid)
	UNION ALL
	SELECT 'operator_classes', 'class ' || s.name || '.' ||
		quote_ident(opcname) || ' USING ' || quote_ident(amname)
	FROM pg_opclass c JOIN reference.schemas() s ON s.oid = opcnamespace
		JOIN pg_am a ON a.oid = opcmethod
	WHERE NOT reference.is_member('pg_opclass', c.oid)
	UNION ALL
	SELECT 'operator_classes', 'family ' || s.name || '.' ||
		quote_ident(opfname) || ' USING ' || quote_ident(amname)
	FROM pg_opfamily f JOIN reference.schemas() s ON s.oid = opfnamespace
		JOIN pg_am a ON a.oid = opfmethod
	WHERE NOT reference.is_member('pg_opfamily', f.oid)
	UNION ALL
	SELECT 'casts', '(' || format_type(castsource, NULL) || ' AS ' ||
		format_type(casttarget, NULL) || ')'
	FROM pg_cast c
	WHERE oid >= 16384 AND NOT reference.is_member('pg_cast', oid)
	  -- that of a range to its multirange
	  AND NOT EXISTS (SELECT FROM pg_range WHERE rngtypid = castsource
						AND rngmultitypid = casttarget)
	UNION ALL
	SELECT 'transforms', 'FOR ' || format_type(trftype, NULL) ||
		' LANGUAGE ' || quote_ident(lanname)
	FROM pg_transform t JOIN pg_language l ON l.oid = trflang
	WHERE NOT reference.is_member('pg_transform', t.oid)
	UNION ALL
	SELECT 'sequences', name FROM reference.user_relations('S')
	UNION ALL
	SELECT 'tables', name FROM reference.user_relations('rpf')
	UNION ALL
	SELECT 'views', name FROM reference.user_relations('vm')
	UNION ALL
	SELECT 'columns', r.name || '.' || quote_ident(attname) || ' #' ||
		row_number() OVER (PARTITION BY r.oid ORDER BY attnum)
	FROM reference.user_relations('rpfvm') r
		JOIN pg_attribute ON attrelid = r.oid AND attnum > 0
			AND NOT attisdropped
	UNION ALL
	SELECT 'partitions', name FROM reference.user_relations('rpf') r
	WHERE (r.relation).relispartition
	UNION ALL
	SELECT 'column_options', r.name || '.' || quote_ident(attname)
	FROM reference.user_relations('rpfm') r
		JOIN pg_attribute ON attrelid = r.oid AND NOT attisdropped
	-- some servers count versions there
	WHERE EXISTS (SELECT FROM unnest(attoptions) o
				  WHERE o NOT LIKE 'pg\_attver=%')
	UNION ALL
	SELECT 'column_options', i.name || '.' || attnum
	FROM reference.user_relations('iI') i
		JOIN pg_attribute ON attrelid = i.oid
	-- NULL from 17 on, and -1 before
	WHERE attstattarget >= 0
	UNION ALL
	SELECT 'constraints', r.name || '.' || quote_ident(conname)
	FROM reference.user_relations('rpf') r
		JOIN pg_constraint c ON conrelid = r.oid
	WHERE contype <> 'f' OR conparentid = 0
	UNION ALL
	SELECT 'indexes', i.name FROM reference.user_relations('iI') i
		JOIN pg_index x ON indexrelid = i.oid
		JOIN reference.user_relations('rpm') r ON r.oid = indrelid
	UNION ALL
	SELECT 'rules', r.name || '.' || quote_ident(rulename)
	FROM reference.user_relations('rpfvm') r
		JOIN pg_rewrite w ON ev_class = r.oid
	WHERE rulename <> '_RETURN'
	UNION ALL
	SELECT 'triggers', r.name || '.' || quote_ident(tgname)
	FROM reference.user_relations('rpfv') r
		JOIN pg_trigger t ON tgrelid = r.oid
	WHERE NOT tgisinternal
	UNION ALL
	SELECT 'policies', r.name || '.' || quote_ident(polname)
	FROM reference.user_relations('rp') r
		JOIN pg_policy p ON polrelid = r.oid
	UNION ALL
	SELECT 'statistics', s.name || '.' || quote_ident(stxname)
	FROM pg_statistic_ext x JOIN reference.schemas() s ON s.oid = stxnamespace
	WHERE NOT reference.is_member('pg_statistic_ext', x.oid)
	UNION ALL
	SELECT 'property_graphs', name FROM reference.user_relations('g')
	UNION ALL
	SELECT 'foreign_servers', 'wrapper ' || quote_ident(fdwname)
	FROM pg_foreign_data_wrapper
	WHERE NOT reference.is_member('pg_foreign_data_wrapper', oid)
	UNION ALL
	SELECT 'foreign_servers', 'server ' || quote_ident(srvname)
	FROM pg_foreign_server
	WHERE NOT reference.is_member('pg_foreign_server', oid)
	UNION ALL
	SELECT 'foreign_servers', 'user mapping ' ||
		CASE umuser WHEN 0 THEN 'public' ELSE
			(SELECT quote_ident(rolname) FROM pg_roles WHERE oid = umuser) END ||
		' on server ' || quote_ident(srvname)
	FROM pg_user_mapping m JOIN pg_foreign_server s ON s.oid = umserver
	WHERE NOT reference.is_member('pg_foreign_server', s.oid)
	UNION ALL
	SELECT 'foreign_servers', 'foreign table ' || name
	FROM reference.user_relations('f')
	UNION ALL
	SELECT 'publications', quote_ident(pubname) FROM pg_publication
	UNION ALL
	SELECT 'subscriptions', quote_ident(subname) FROM pg_subscription
	WHERE subdbid = (SELECT oid FROM pg_database
					 WHERE datname = current_database())
	UNION ALL
	SELECT 'event_triggers', quote_ident(evtname) FROM pg_event_trigger
	WHERE NOT reference.is_member('pg_event_trigger', oid)
	UNION ALL
	-- where the list is not the usual one, in whatever order
	SELECT 'privileges', l.identity FROM reference.lists() l
	WHERE acl IS NOT NULL
	  AND (EXISTS (SELECT FROM (SELECT * FROM aclexplode(acl)
								EXCEPT SELECT * FROM aclexplode(usual)) a) OR
		   EXISTS (SELECT FROM (SELECT * FROM aclexplode(usual)
								EXCEPT SELECT * FROM aclexplode(acl)) a))
	UNION ALL
	-- pg_depend has the same for one object and several extensions
	SELECT 'extension_dependencies', d.identity || ' on extension ' ||
		quote_ident(extname)
	FROM pg_depend p JOIN pg_extension e ON e.oid = refobjid,
		LATERAL (SELECT CASE (f.function).prokind WHEN 'p' THEN 'procedure '
						ELSE 'function ' END || f.name
				 FROM reference.user_functions() f
				 WHERE classid = 'pg_proc'::regclass AND f.oid = objid
				 UNION ALL
				 SELECT CASE WHEN (r.relation).relkind = 'm' THEN
						'materialized view ' ELSE 'index ' END || r.name
				 FROM reference.user_relations('iIm') r
				 WHERE classid = 'pg_class'::regclass AND r.oid = objid
				 UNION ALL
				 SELECT 'trigger ' || r.name || '.' || quote_ident(tgname)
				 FROM pg_trigger t
					JOIN reference.user_relations('rpfv') r ON r.oid = tgrelid
				 WHERE classid = 'pg_trigger'::regclass AND t.oid = objid) d(identity)
	WHERE deptype = 'x' AND refclassid = 'pg_extension'::regclass
	-- security labels: without a provider there are none
$$;

-- The same of a document.
CREATE FUNCTION reference.identities(document jsonb)
RETURNS TABLE (kind text, identity text)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH objects AS (
		SELECT k.key AS kind, o.key AS identity, o.value AS object
		FROM jsonb_each(document - '{format,server_version,environment,consistent,warnings}'::text[]) k,
			jsonb_each(k.value) o)
	SELECT kind, identity FROM objects
	UNION ALL
	SELECT 'columns', identity || '.' || quote_ident(c ->> 'column_name') ||
		' #' || n
	FROM objects, jsonb_array_elements(object -> 'columns') WITH ORDINALITY u(c, n)
	WHERE kind IN ('tables', 'views')
	UNION ALL
	SELECT 'partitions', identity FROM objects
	WHERE kind = 'tables' AND object ? 'partition'
$$;
