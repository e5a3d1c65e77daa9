drop table audit, quotas, api_keys, tenants;
drop function refuse_change();
drop function app_key_hash();
drop function app_is_admin();
drop function app_tenant();
