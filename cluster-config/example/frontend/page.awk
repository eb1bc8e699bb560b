# A page in a small Markdown (headings, lists, paragraphs, links, code) -> HTML.
function inline(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text)
    while (match(text, /`[^`]+`/))
        text = substr(text, 1, RSTART - 1) "<code>" substr(text, RSTART + 1, RLENGTH - 2) "</code>" substr(text, RSTART + RLENGTH)
    while (match(text, /\[[^]]+\]\([^)]+\)/)) {
        link = substr(text, RSTART + 1, RLENGTH - 2); at = index(link, "](")
        text = substr(text, 1, RSTART - 1) "<a href=\"" substr(link, at + 2) "\">" substr(link, 1, at - 1) "</a>" substr(text, RSTART + RLENGTH)
    }
    return text
}
function close_block() { if (block) print "</" block ">"; block = "" }
function open_block(name) { if (block != name) { close_block(); print "<" name ">"; block = name } }
/^#+ / { close_block(); level = index($0, " ") - 1; print "<h" level ">" inline(substr($0, level + 2)) "</h" level ">"; next }
/^- / { open_block("ul"); print "<li>" inline(substr($0, 3)) "</li>"; next }
/^[ \t]*$/ { close_block(); next }
{ open_block("p"); print inline($0) }
END { close_block() }
