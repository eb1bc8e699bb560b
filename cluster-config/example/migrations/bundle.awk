# Steps in order -> one script, each in a transaction of its own; a gap in the numbers stops the build.
FNR == 1 {
    if (NR > 1) print "commit;"
    name = FILENAME; sub(/.*\//, "", name)
    if (substr(name, 1, 3) + 0 != ++number) { printf "step %03d is missing before %s\n", number, name > "/dev/stderr"; exit 1 }
    print "begin; -- " name
}
!/^--/ && NF { print }
END { print "commit;" }
