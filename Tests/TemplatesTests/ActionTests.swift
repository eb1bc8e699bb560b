// What actions, pipelines, variables and blocks print: expectations are text/template's.
import Templates
import Testing

struct Example: CustomTestStringConvertible, Sendable {
    let text: String
    let expected: String
    var testDescription: String { text }

    init(_ text: String, _ expected: String) {
        self.text = text
        self.expected = expected
    }
}

@Suite struct `Template actions` {
    @Test(arguments: [
        Example("plain", "plain"),
        Example("a{{ .name }}b", "awebb"),
        Example("{{ .missing }}", "<no value>"),
        Example("{{ .deep.one.two }}", "found"),
        Example("{{ $.name }}", "web"),
        Example("{{ \"a\\tb\\u00e9\\x41\\101\" }}", "a\tbéAA"),
        Example("{{ `raw\\n` }}", "raw\\n"),
        Example("{{ 'a' }}", "97"),
        Example("{{ '\\n' }}", "10"),
        Example("{{ 0x1F }} {{ -3 }} {{ 1_000 }} {{ 017 }} {{ 0b101 }}", "31 -3 1000 15 5"),
        Example("{{ 1.5 }} {{ 1e3 }} {{ 1e6 }} {{ 2.0 }}", "1.5 1000 1e+06 2"),
        Example("{{ true }} {{ false }}", "true false"),
        Example("{{ .list }}", "[a b c]"),
        Example("{{ .map }}", "map[a:[q] b:two x:1]"),
        Example("{{/* nothing */}}x", "x"),
        Example("a {{- /* nothing */ -}} b", "ab"),
        Example("a  {{- 1 -}}  \n b", "a1b"),
        Example("a {{ 1 -}}\n\n\tb", "a 1b"),
        Example("{{-3}}", "-3"),
        Example("{{ 3 -}} x", "3x"),
        Example("{{ print \"}}\" }}", "}}"),
        Example("{{ (.deep.one).two }}", "found"),
        Example("{{ (index .list 1) | upper }}", "B"),
        Example("{{ .name | printf \"%s-%s\" \"a\" }}", "a-web"),
        Example("{{ printf \"%d\" (len .list) }}", "3"),
        Example("{{ .Files.Get \"x\" }}", "<x>"),
        Example("{{ \"x\" | .Files.Get }}", "<x>"),
        Example("{{ .Files.Name }}", "files"),
        Example("{{ $f := .Files }}{{ $f.Get \"y\" }}", "<y>"),
        Example("{{ (.Files).Get \"z\" }}", "<z>"),
    ])
    func `print values`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example("{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}", "12"),
        Example("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        Example("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"),
        Example("{{ if $x := .name }}{{ $x }}{{ else }}no{{ end }}", "web"),
        Example("{{ with $x := .seven }}{{ $x }}{{ . }}{{ end }}", "77"),
        Example("{{ $x := .map }}{{ $x.b }}", "two"),
        Example("{{ $m := dict \"k\" 1 }}{{ $_ := set $m \"k\" 2 }}{{ $m.k }}", "2"),
        Example("{{ range $i, $v := .list }}{{ $i }}{{ $v }}{{ end }}", "0a1b2c"),
        Example("{{ range $v := .list }}{{ $v }}{{ end }}", "abc"),
        Example("{{ $l := \"\" }}{{ range $l = .list }}{{ end }}{{ $l }}", "c"),
    ])
    func `keep variables in their scope`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example("{{ if .yes }}a{{ else }}b{{ end }}", "a"),
        Example("{{ if .no }}a{{ else if .empty }}b{{ else if .seven }}c{{ else }}d{{ end }}", "c"),
        Example("{{ if .no }}a{{ else if .zero }}b{{ else }}d{{ end }}", "d"),
        Example("{{ if .none }}a{{ end }}-", "-"),
        Example("{{ if .missing }}a{{ else }}b{{ end }}", "b"),
        Example("{{ with .deep.one }}{{ .two }}{{ end }}", "found"),
        Example("{{ with .empty }}a{{ else }}{{ .name }}{{ end }}", "web"),
        Example("{{ with .empty }}a{{ else with .name }}{{ . }}{{ end }}", "web"),
        Example("{{ range .list }}<{{ . }}>{{ end }}", "<a><b><c>"),
        Example("{{ range .none }}a{{ else }}empty{{ end }}", "empty"),
        Example("{{ range .missing }}a{{ else }}empty{{ end }}", "empty"),
        Example("{{ range $k, $v := .map }}{{ $k }}={{ $v }};{{ end }}", "a=[q];b=two;x=1;"),
        Example("{{ range 3 }}{{ . }}{{ end }}", "012"),
        Example("{{ range .list }}{{ if eq . \"b\" }}{{ continue }}{{ end }}{{ . }}{{ end }}", "ac"),
        Example("{{ range .list }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "a"),
        Example("{{ range .list }}{{ range $.list }}{{ break }}{{ end }}{{ . }}{{ end }}", "abc"),
        Example("{{ range .list }}{{ $.name }}{{ end }}", "webwebweb"),
    ])
    func `choose and repeat`(_ example: Example) throws {
        #expect(try render(example.text, sampleData()) == example.expected)
    }

    @Test(arguments: [
        Example("{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" .name }}", "[web]"),
        Example("{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" }}", "[<no value>]"),
        Example("{{ template \"t\" 1 }}{{ define \"t\" }}[{{ . }}]{{ end }}", "[1]"),
        Example("{{ block \"b\" .name }}<{{ . }}>{{ end }}", "<web>"),
        Example("{{ define \"t\" }}{{ $ }}{{ end }}{{ include \"t\" 5 | quote }}", "\"5\""),
        Example("{{ $x := 1 }}{{ define \"t\" }}{{ $x := 2 }}{{ $x }}{{ end }}{{ template \"t\" }}{{ $x }}", "21"),
        Example("{{ tpl \"{{ .name }}!\" . }}", "web!"),
        Example("{{ tpl (printf \"{{ %q }}\" \"in\") . | upper }}", "IN"),
        Example("{{ include \"lib.tmpl\" . }}|{{ include \"from-lib\" 3 }}", "lib of web|3"),
    ])
    func `call templates`(_ example: Example) throws {
        let library = "lib of {{ .name }}{{ define \"from-lib\" }}{{ . }}{{ end }}"
        #expect(try render(["werf.yaml": example.text, "lib.tmpl": library], sampleData()) == example.expected)
    }

    @Test func `a later definition replaces an earlier one unless it is blank`() throws {
        let text = "{{ define \"t\" }}1{{ end }}{{ define \"t\" }} {{ end }}{{ template \"t\" }}"
        #expect(try render(text) == "1")
        #expect(try render("{{ define \"t\" }}1{{ end }}{{ define \"t\" }}2{{ end }}{{ template \"t\" }}") == "2")
    }

    @Test func `line ends of both kinds are kept`() throws {
        #expect(try render("a\r\n{{ 1 }}\r\nb\n") == "a\r\n1\r\nb\n")
    }
}
