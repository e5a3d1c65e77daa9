drop table object_cleanups, adapter_aliases, adapter_versions, adapters;
