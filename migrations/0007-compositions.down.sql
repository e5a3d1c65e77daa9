drop table composition_members, grants;
