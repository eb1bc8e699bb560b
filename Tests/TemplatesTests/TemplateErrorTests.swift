// Every kind of error, with its place.
import Templates
import Testing

@Suite struct `Template errors` {
    @Test(arguments: [
        Example("a\n  {{ .x", "werf.yaml:2:3: an action is not closed"),
        Example("{{ \"abc }}", "werf.yaml:1:4: a string is not closed"),
        Example("{{ `abc }}", "werf.yaml:1:4: a raw string is not closed"),
        Example("{{ 'ab' }}", "werf.yaml:1:4: a character is not closed"),
        Example("{{ \"\\q\" }}", "werf.yaml:1:5: an unknown escape"),
        Example("{{/* a */ }}", "werf.yaml:1:1: a comment must end right before"),
        Example("{{/* a", "werf.yaml:1:1: a comment is not closed"),
        Example("{{ 12x }}", "werf.yaml:1:4: `12x` is no number"),
        Example("{{ 99999999999999999999 }}", "werf.yaml:1:4: `99999999999999999999` is no number"),
        Example("{{ a:b }}", "werf.yaml:1:5: `:` must be part of `:=`"),
        Example("{{ # }}", "werf.yaml:1:4: an unexpected character in an action: \"#\""),
        Example("é{{ ? }}", "werf.yaml:1:5: an unexpected character"),
        Example("{{ }}", "werf.yaml:1:4: a value is missing before }}"),
        Example("{{ .a | }}", "werf.yaml:1:9: a value is missing before }}"),
        Example("{{ .a | 1 }}", "werf.yaml:1:9: a value can't take the result of a pipe"),
        Example("{{ (.a }}", "werf.yaml:1:8: unexpected }} in a pipeline"),
        Example("{{ .a ) }}", "werf.yaml:1:7: unexpected \")\" in a pipeline"),
        Example("{{ if .a }}", "werf.yaml:1:4: `if` has no `end`"),
        Example("x\n{{ end }}", "werf.yaml:2:4: `end` without a beginning"),
        Example("{{ else }}", "werf.yaml:1:4: `else` is not expected"),
        Example("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "werf.yaml:1:24: `else` is not expected in `else`"),
        Example("{{ if 1 }}{{ else with 1 }}{{ end }}", "werf.yaml:1:14: `else with` does not go with `if`"),
        Example("{{ range .a }}{{ else if 1 }}{{ end }}", "werf.yaml:1:18: `else if` does not go with `range`"),
        Example("{{ break }}", "werf.yaml:1:4: `break` outside `range`"),
        Example("{{ range .a }}{{ define \"x\" }}{{ end }}{{ end }}", "werf.yaml:1:18: `define` inside another action"),
        Example("{{ define x }}{{ end }}", "werf.yaml:1:11: `define` needs a quoted name"),
        Example("{{ define \"x\" }}", "`define` has no `end`"),
        Example("{{ template }}", "werf.yaml:1:13: `template` needs a quoted name"),
        Example("{{ $x }}", "werf.yaml:1:4: the variable $x is not defined"),
        Example("{{ $x = 1 }}", "the variable $x is not defined"),
        Example("{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}", "werf.yaml:1:36: the variable $x is not defined"),
        Example("{{ \"a\".b }}", "werf.yaml:1:7: a constant has no fields"),
        Example(
            "a\n\n  {{ uper .a }}",
            "werf.yaml:3:6: the function `uper` is not known to this version. Did you mean `upper`?"),
        Example("{{ if false }}{{ uuidv4 }}{{ end }}", "werf.yaml:1:18: the function `uuidv4` is not known"),
    ])
    func `of the text name what is wrong and where`(_ example: Example) {
        #expect(problem(of: example.text).contains(example.expected))
    }

    @Test(arguments: [
        Example("\n {{ .missing.x }}", "werf.yaml:2:5: `.x` of a value that is nil"),
        Example("{{ .name.x }}", "werf.yaml:1:4: `.x` of a value of type string"),
        Example("{{ .map.b 1 }}", "`.b` is a field and takes no arguments"),
        Example("{{ .Files.Gte \"x\" }}", "there is no `.Gte` here. Did you mean `.Get`?"),
        Example("{{ .Files.Get \"missing\" }}", "`.Get`: the file missing does not exist"),
        Example("{{ .Files }}", "an object can't be printed"),
        Example("{{ nil }}", "`nil` is no command"),
        Example("{{ 1 2 }}", "arguments for a value that is no function"),
        Example("{{ upper }}", "`upper` takes 1 argument, not 0"),
        Example("{{ substr 1 2 }}", "`substr` takes 3 arguments, not 2"),
        Example("{{ env }}", "the function `env` is not known"),
        Example("{{ upper 5 }}", "`upper`: argument 1 must be a string, not int"),
        Example("{{ eq 1 \"1\" }}", "incompatible types for comparison: int and string"),
        Example("{{ eq 1 1.0 }}", "incompatible types for comparison"),
        Example("{{ eq .list .list }}", "can't be compared"),
        Example("{{ lt true false }}", "have no order"),
        Example("{{ lt 1 2.0 }}", "have no order"),
        Example("{{ index .list 3 }}", "the index 3 is out of range: the list has 3 elements"),
        Example("{{ index .list -1 }}", "the index -1 is out of range"),
        Example("{{ index .map 1 }}", "the key of a map must be a string"),
        Example("{{ index .missing 1 }}", "a value of type <nil> can't be indexed"),
        Example("{{ len 5 }}", "a value of type int has no length"),
        Example("{{ range .name }}{{ end }}", "`range` can't go over a value of type string"),
        Example("{{ template \"nix\" }}", "there is no template \"nix\""),
        Example("{{ include \"werf.yam\" . }}", "there is no template \"werf.yam\". Did you mean \"werf.yaml\"?"),
        Example("{{ include 1 . }}", "`include` takes a template's name and a value"),
        Example("{{ div 1 0 }}", "`div`: division by zero"),
        Example("{{ fail \"no luck\" }}", "werf.yaml:1:4: `fail`: no luck"),
        Example("{{ required \"name it\" .empty }}", "`required`: name it"),
        Example("{{ ternary 1 2 \"x\" }}", "argument 3 must be a boolean"),
        Example("{{ regexMatch \"(\" \"x\" }}", "the regular expression is wrong"),
        Example("{{ fromJson \"{\" }}", "the text is not JSON"),
        Example("{{ b64dec \"?\" }}", "the text is not base64"),
    ])
    func `of the execution name what is wrong and where`(_ example: Example) {
        #expect(problem(of: example.text, sampleData()).contains(example.expected))
    }

    @Test func `in another template name that template and the callers`() throws {
        let templates = [
            "werf.yaml": "x\n{{ include \"a.tmpl\" . }}",
            "a.tmpl": "\n\n{{ template \"b\" . }}{{ define \"b\" }}\n {{ fail \"x\" }}{{ end }}",
        ]
        let error = #expect(throws: TemplateError.self) { try render(templates) }
        #expect(error?.place == ".werf/a.tmpl:4:5")
        #expect(error?.callers == [".werf/a.tmpl:3:4", "werf.yaml:2:4"])
    }

    @Test func `in the text of tpl name the call`() throws {
        #expect(
            problem(of: "a {{ tpl \"\\n{{ nope }}\" . }}").hasPrefix(
                "the text of `tpl` at werf.yaml:1:6:2:4: the function `nope`"))
    }
}
