# Compiles one tariff rule to a shell script: awk -f tariffc.awk berth.tariff > berth

function fail(why) { printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"; failed = 1; exit 1 }
function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

# Checks an expression word by word and gives back shell arithmetic.
function arithmetic(text,    rest, depth, wanted) {
    rest = trim(text); depth = 0; wanted = 1
    if (rest == "") fail("an expression is missing")
    while (rest != "") {
        if (match(rest, /^[0-9]+/) || match(rest, /^[a-z_]+/)) {
            if (!wanted) fail("an operator is missing before `" rest "`")
            word = substr(rest, 1, RLENGTH)
            if (word ~ /^[a-z_]/ && !(word in known)) fail("`" word "` is not known here")
            wanted = 0
        } else if (match(rest, /^[-+*\/%]/)) {
            if (wanted) fail("a value is missing before `" rest "`")
            wanted = 1
        } else if (match(rest, /^\(/)) { depth++ }
        else if (match(rest, /^\)/)) { if (--depth < 0 || wanted) fail("`)` stands alone") }
        else fail("`" substr(rest, 1, 1) "` does not belong in an expression")
        rest = trim(substr(rest, RLENGTH + 1))
    }
    if (depth || wanted) fail("the expression is not complete")
    return "$((" trim(text) "))"
}

function condition(text,    parts, operator, names) {
    names["<"] = "-lt"; names["<="] = "-le"; names[">"] = "-gt"; names[">="] = "-ge"; names["=="] = "-eq"; names["!="] = "-ne"
    if (!match(text, /[<>=!]=?/)) fail("a condition compares two values")
    operator = substr(text, RSTART, RLENGTH)
    parts[1] = trim(substr(text, 1, RSTART - 1)); parts[2] = trim(substr(text, RSTART + RLENGTH))
    if (!(operator in names)) fail("`" operator "` is no comparison")
    if (parts[2] ~ /^"[a-z]+"$/) {
        if (!(parts[1] in known)) fail("`" parts[1] "` is not known here")
        if (operator != "==" && operator != "!=") fail("texts are equal or not")
        gsub(/"/, "", parts[2])
        return "[ \"$" parts[1] "\" " (operator == "==" ? "=" : "!=") " " parts[2] " ]"
    }
    return "[ " arithmetic(parts[1]) " " names[operator] " " arithmetic(parts[2]) " ]"
}

function assignment(text,    at, name) {
    at = index(text, "=")
    name = trim(substr(text, 1, at - 1))
    if (!at || name !~ /^[a-z_]+$/) fail("expected NAME = EXPRESSION")
    made = name "=" arithmetic(substr(text, at + 1))
    known[name] = 1
    return made
}

BEGIN { print "#!/bin/sh\n# Compiled; do not edit.\nset -eu\nfor pair; do case $pair in" }
{ sub(/#.*/, ""); $0 = trim($0) }
/^$/ { next }
/^given / {
    if (inputs) fail("`given` stands twice")
    inputs = split(substr($0, 7), list, /[ \t]*,[ \t]*/)
    for (i = 1; i <= inputs; i++) {
        if (list[i] !~ /^[a-z_]+$/) fail("`" list[i] "` is no name")
        known[list[i]] = 1
        printf "%s=*) %s=${pair#*=} ;;\n", list[i], list[i]
    }
    print "*) echo \"unknown input: $pair\" >&2; exit 2 ;;\nesac; done"
    for (i = 1; i <= inputs; i++) printf ": \"${%s:?is not given}\"\n", list[i]
    next
}
!inputs { fail("a rule starts with `given`") }
/^let / { print assignment(substr($0, 5)); next }
/^when / {
    at = index($0, ":")
    if (!at) fail("`when` needs a colon")
    test = condition(trim(substr($0, 6, at - 6)))
    print "if " test "; then " assignment(substr($0, at + 1)) "; fi"
    next
}
/^fee / { print "echo " arithmetic(substr($0, 5)); fees++; next }
{ fail("`" $1 "` is no statement") }
END { if (!failed && fees != 1) { printf "%s: a rule has one `fee`\n", FILENAME > "/dev/stderr"; exit 1 } }
