-- the tables of the first season
create table arrivals (day text, harbour text, ship text, length integer, nights integer);
