-- invoices are kept for ten years
create table invoices (day text, ship text, cents integer);
create index invoices_by_day on invoices (day);
