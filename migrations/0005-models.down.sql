drop table tensor_refs;
