// Functions, one example a line: expectations are text/template's and sprig's.
import Templates
import Testing

@Suite struct `Template functions` {
    @Test(arguments: [
        Example("{{ eq 1 1 }} {{ eq 1 2 3 1 }} {{ eq \"a\" \"b\" }} {{ ne 1 2 }}", "true true false true"),
        Example("{{ lt 1 2 }} {{ le 2 2 }} {{ gt \"b\" \"a\" }} {{ ge 1.5 2.5 }}", "true true true false"),
        Example("{{ eq nil nil }} {{ eq .missing \"x\" }}", "true false"),
        Example("{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 \"\" 3 }} {{ or 0 \"\" }}|", "0 2 3 |"),
        Example("{{ and .no (fail \"x\") }} {{ or .yes (fail \"x\") }}", "false true"),
        Example("{{ not 0 }} {{ not .list }}", "true false"),
        Example(
            "{{ index .map \"b\" }} {{ index .deep \"one\" \"two\" }} {{ index .map \"zz\" }}", "two found <no value>"),
        Example("{{ len \"é\" }} {{ len .map }}", "2 3"),
        Example("{{ print 1 2 }} {{ print \"a\" \"b\" }} {{ print 1 \"a\" 2 }}", "1 2 ab 1a2"),
        Example("{{ println \"a\" 1 }}", "a 1\n"),
        Example("{{ default \"d\" .empty }} {{ default \"d\" .name }} {{ .missing | default 5 }}", "d web 5"),
        Example("{{ coalesce 0 \"\" 3 4 }} {{ empty .zero }} {{ empty .name }}", "3 true false"),
        Example("{{ ternary \"a\" \"b\" true }} {{ .no | ternary \"a\" \"b\" }}", "a b"),
        Example("{{ all 1 \"\" }} {{ any 0 2 }} {{ required \"m\" .zero }}", "false true 0"),
        Example("{{ quote \"a\\\"b\" 1 }} {{ squote \"x\" }} {{ quote .missing }}|", "\"a\\\"b\" \"1\" 'x' |"),
        Example("{{ cat 1 \"a\" nil true }}", "1 a true"),
        Example("{{ html \"<a>&\" }} {{ urlquery \"a b&c\" }}", "&lt;a&gt;&amp; a+b%26c"),
    ])
    func `compare, choose and print`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example(
            "{{ trim \"  a b\\n\" }}|{{ trimAll \"$\" \"$5$\" }}|{{ trimSuffix \"-\" \"a-\" }}|{{ trimPrefix \"-\" \"-a\" }}",
            "a b|5|a|a"),
        Example(
            "{{ lower \"AbC\" }} {{ upper \"abc\" }} {{ title \"hello big-world\" }} {{ untitle \"First\" }}",
            "abc ABC Hello Big-World first"),
        Example(
            "{{ replace \"a\" \"b\" \"banana\" }} {{ repeat 3 \"ab\" }} {{ nospace \" a b \" }}", "bbnbnb ababab ab"),
        Example(
            "{{ substr 0 5 \"hello world\" }}|{{ substr 6 -1 \"hello world\" }}|{{ trunc 5 \"hello world\" }}|{{ trunc -5 \"hello world\" }}",
            "hello|world|hello|world"),
        Example(
            "{{ contains \"an\" \"banana\" }} {{ hasPrefix \"ba\" \"banana\" }} {{ hasSuffix \"x\" \"banana\" }}",
            "true true false"),
        Example("{{ indent 2 \"a\\nb\" }}|{{ nindent 2 \"a\\nb\" }}", "  a\n  b|\n  a\n  b"),
        Example(
            "{{ join \"-\" .list }} {{ join \",\" 5 }} {{ splitList \",\" \"a,b\" }} {{ (split \"/\" \"a/b\")._1 }}",
            "a-b-c 5 [a b] b"),
        Example("{{ splitList \"\\n\" \"a\\r\\nb\" | len }} {{ (splitn \",\" 2 \"a,b,c\")._1 }}", "2 b,c"),
        Example("{{ plural \"one\" \"many\" 1 }} {{ plural \"one\" \"many\" 2 }}", "one many"),
        Example(
            "{{ toString 5 }}{{ toString .list }} {{ kindOf .list }} {{ kindOf 1 }} {{ typeOf \"x\" }} {{ kindIs \"map\" .map }}",
            "5[a b c] slice int string true"),
        Example(
            "{{ base \"a/b.c\" }} {{ dir \"a/b.c\" }} {{ ext \"a/b.c\" }} {{ clean \"a/../b//c\" }} {{ isAbs \"/a\" }}",
            "b.c a .c b/c true"),
        Example("{{ b64enc \"hello\" }} {{ b64dec \"aGVsbG8=\" }} {{ b64enc \"\" }}|", "aGVsbG8= hello |"),
        Example(
            "{{ toJson .map }} {{ toJson \"<a>\" }} {{ toRawJson \"<a>\" }}",
            #"{"a":["q"],"b":"two","x":1} "\u003ca\u003e" "<a>""#),
        Example("{{ (fromJson `{\"a\":[1,{\"b\":\"\\u00e9\\ud83d\\ude00\"}]}`).a }}", "[1 map[b:é😀]]"),
        Example("{{ toPrettyJson (dict \"a\" (list 1)) }}", "{\n  \"a\": [\n    1\n  ]\n}"),
    ])
    func `work on text`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example(
            "{{ list 1 \"a\" }} {{ append .list \"d\" }} {{ prepend .list \"z\" }} {{ concat .list (list 1) }}",
            "[1 a] [a b c d] [z a b c] [a b c 1]"),
        Example(
            "{{ first .list }} {{ last .list }} {{ rest .list }} {{ initial .list }} {{ reverse .list }}",
            "a c [b c] [a b] [c b a]"),
        Example(
            "{{ uniq (list 1 2 1) }} {{ without .list \"b\" }} {{ has \"b\" .list }} {{ compact (list 0 1 \"\") }}",
            "[1 2] [a c] true [1]"),
        Example(
            "{{ sortAlpha (list \"b\" \"B\" \"a\") }} {{ slice .list 1 }} {{ slice .list 0 1 }} {{ chunk 2 .list }}",
            "[B a b] [b c] [a] [[a b] [c]]"),
        Example("{{ until 3 }} {{ untilStep 5 0 -2 }} {{ seq 3 }} {{ seq 2 2 6 }}", "[0 1 2] [5 3 1] 1 2 3 2 4 6"),
        Example(
            "{{ $d := dict \"a\" 1 \"b\" }}{{ $d }} {{ get $d \"a\" }} {{ get $d \"x\" }}| {{ hasKey $d \"b\" }}",
            "map[a:1 b:] 1 | true"),
        Example(
            "{{ keys .map }} {{ values (dict \"b\" 2 \"a\" 1) }} {{ pick .map \"x\" }} {{ omit .map \"a\" \"x\" }}",
            "[a b x] [1 2] map[x:1] map[b:two]"),
        Example(
            "{{ pluck \"a\" (dict \"a\" 1) (dict \"b\" 2) (dict \"a\" 3) }} {{ dig \"one\" \"two\" \"d\" .deep }} {{ dig \"x\" \"d\" .deep }}",
            "[1 3] found d"),
        Example(
            "{{ merge (dict \"a\" 1 \"n\" (dict \"x\" 1)) (dict \"a\" 2 \"b\" 3 \"n\" (dict \"x\" 9 \"y\" 2)) }}",
            "map[a:1 b:3 n:map[x:1 y:2]]"),
        Example("{{ mergeOverwrite (dict \"a\" 1) (dict \"a\" 2) }}", "map[a:2]"),
        Example(
            "{{ $d := dict \"a\" (dict \"b\" 1) }}{{ $c := deepCopy $d }}{{ $_ := set $c.a \"b\" 2 }}{{ $d }}{{ unset $d \"a\" }}",
            "map[a:map[b:1]]map[]"),
        Example(
            "{{ add 1 2 3 }} {{ add1 1 }} {{ sub 5 2 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 2 }} {{ max 1 5 3 }} {{ min 4 2 }}",
            "6 2 3 24 3 1 5 2"),
        Example(
            "{{ add \"5\" 1.9 true }} {{ int \"12\" }} {{ int \"x\" }} {{ int64 3.9 }} {{ float64 \"1.5\" }} {{ atoi \"7\" }} {{ int \"3.0\" }}",
            "7 12 0 3 1.5 7 3"),
        Example(
            "{{ floor 1.7 }} {{ ceil 1.2 }} {{ round 123.555555 3 }} {{ addf 1.5 2 }} {{ divf 1 4 }}",
            "1 2 123.556 3.5 0.25"),
        Example("{{ div -9223372036854775808 -1 }}", "-9223372036854775808"),
        Example("{{ deepEqual .list (list \"a\" \"b\" \"c\") }} {{ deepEqual 1 \"1\" }}", "true false"),
    ])
    func `work on lists, maps and numbers`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example(
            #"{{ regexMatch "^[a-z]+\\d{2,3}$" "abc123" }} {{ regexMatch "a(b|c)?d" "xad" }} {{ regexMatch "^b" "ab" }}"#,
            "true true false"),
        Example(
            #"{{ regexFind "[0-9]+" "ab12cd3" }} {{ regexFindAll "[0-9]+" "1a22b333" -1 }} {{ regexFindAll "[0-9]" "123" 2 }}"#,
            "12 [1 22 333] [1 2]"),
        Example(
            #"{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }}"#,
            "-W-xxW- ---"),
        Example(
            #"{{ regexReplaceAllLiteral "a(x*)b" "-ab-" "${1}" }} {{ regexReplaceAll "x*" "abc" "-" }}"#,
            "-${1}- -a-b-c-"),
        Example(
            #"{{ regexSplit "z+" "pizza" -1 }} {{ regexSplit "a" "banana" -1 }} {{ regexSplit "a" "banana" 2 }} {{ regexSplit "a" "banana" 0 }}"#,
            "[pi a] [b n n ] [b nana] []"),
        Example(
            #"{{ regexQuoteMeta "1.2*3" }} {{ regexFind "(?i)HELLO" "say hello" }} {{ regexFind "a.*?c" "abcbc" }} {{ regexFind "a.*c" "abcbc" }}"#,
            #"1\.2\*3 hello abc abcbc"#),
        Example(
            #"{{ regexFind "a|ab" "ab" }} {{ regexFind "(?P<n>b+)$" "abb" }} {{ regexReplaceAll "(?P<n>b)" "ab" "<${n}>" }} {{ regexMatch "\\bfoo\\b" "a foo b" }}"#,
            "a bb a<b> true"),
        Example(
            #"{{ regexMatch "[[:alpha:]_]+[^\\s]" "_a1" }} {{ regexFind "[^a-c]+" "abxyc" }} {{ regexFind "x{2}" "xxx" }} {{ regexFind "a{,2}" "a{,2}" }}"#,
            "true xy xx a{,2}"),
    ])
    func `search with regular expressions`(_ example: Example) throws {
        #expect(try render(example.text) == example.expected)
    }

    @Test func `print for debugging only where it is asked for, and give their text always`() throws {
        var engine = TemplateEngine()
        try engine.add(
            "{{ printf_debug \"%d\" 5 }}{{ dump_debug .x }}{{ define \"t\" }}in{{ end }}{{ include_debug \"t\" . }}"
                + "{{ tpl_debug \"-{{ .x }}\" . }}",
            as: "t.yaml")
        #expect(try engine.render("t.yaml", .map(of: ["x": .int(1)])) == "in-1")
        var printed: [String] = []
        engine.debug = { printed.append($0) }
        #expect(try engine.render("t.yaml", .map(of: ["x": .int(1)])) == "in-1")
        #expect(printed == ["5", "1", "in", "-1"])
    }
}

@Suite struct `Nearest names` {
    @Test func `are found for slips only`() {
        #expect(nearestName(to: "dockerfle", among: ["dockerfile", "context"]) == "dockerfile")
        #expect(nearestName(to: "contxet", among: ["dockerfile", "context"]) == "context")
        #expect(nearestName(to: "xyz", among: ["dockerfile", "context"]) == nil)
        #expect(nearestName(to: "", among: ["a"]) == nil)
    }
}
