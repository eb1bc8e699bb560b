# The season of one harbour as plain text, with a bar per month.
BEGIN { FS = "\t"; split("May June July August September", names, " ") }
$2 == harbour { month = substr($1, 6, 2) - 4; nights[month] += $5; total += $5; if ($4 > longest) { longest = $4; ship = $3 } }
END {
    printf "Season 2024 in %s\n\n", harbour
    for (i = 1; i <= 5; i++) { printf "%-10s %4d ", names[i], nights[i]; for (k = 0; k < nights[i] / 4; k++) printf "#"; print "" }
    printf "\n%d nights; the longest ship was %s (%d m)\n", total, ship, longest
}
