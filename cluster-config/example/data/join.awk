# arrivals + ships -> day, harbour, ship, length, nights; a line that does not fit stops the build.
BEGIN { FS = ","; OFS = "\t" }
FNR == 1 { next }
NR == FNR { length_of[$1] = $2; next }
NF != 4 || $1 !~ /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/ || $4 !~ /^[0-9]+$/ { printf "%s:%d: does not fit: %s\n", FILENAME, FNR, $0 > "/dev/stderr"; exit 1 }
!($3 in length_of) { printf "%s:%d: no such ship: %s\n", FILENAME, FNR, $3 > "/dev/stderr"; exit 1 }
$1 < first || $1 > last { next }
{ print $1, $2, $3, length_of[$3], $4 }
