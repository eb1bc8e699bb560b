// Templates that would run for ever, nest without end or fill the memory are stopped with a sentence.
import Templates
import Testing

@Suite struct `Template limits` {
    /// Smaller than the real ones, so that reaching them is quick.
    static var small: TemplateLimits {
        var limits = TemplateLimits()
        limits.steps = 20_000
        limits.outputBytes = 100_000
        limits.workBytes = 1_000_000
        return limits
    }

    @Test(arguments: [
        Example(#"{{ define "t" }}{{ include "t" . }}{{ end }}{{ include "t" . }}"#, "deeper than"),
        Example(#"{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}"#, "deeper than"),
        Example(#"{{ $t := "{{ tpl . . }}" }}{{ tpl $t $t }}"#, "deeper than"),
        Example(
            #"{{ define "t" }}{{ if true }}{{ with 1 }}{{ (include "t" .) }}{{ end }}{{ end }}{{ end }}{{ include "t" . }}"#,
            "deeper than"),
        Example(#"{{ range until 300 }}{{ range until 300 }}{{ end }}{{ end }}"#, "takes more than 20000 steps"),
        Example(#"{{ until 99999999999 }}"#, "takes more than 20000 steps"),
        Example(#"{{ range 99999999999 }}{{ end }}"#, "takes more than 20000 steps"),
        Example(#"{{ repeat 99999999999 "x" }}"#, "a text of more than 100000 bytes"),
        Example(#"{{ repeat 9223372036854775807 "xyz" }}"#, "a text of more than"),
        Example(#"{{ indent 9223372036854775807 "x\ny" }}"#, "a text of more than"),
        Example(#"{{ $x := "ab" }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}"#, "a text of more than"),
        Example(#"{{ $x := "ab" }}{{ range 40 }}{{ $x = replace "a" $x $x }}{{ end }}"#, "a text of more than"),
        Example(
            #"{{ $x := repeat 10000 "ab" }}{{ range 300 }}{{ $y := upper $x }}{{ end }}"#,
            "makes more than 1000000 bytes"),
        Example(#"{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}"#, "a text of more than"),
        Example(
            #"{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}"#, "a text of more than"),
        Example(
            #"{{ $x := list 1 }}{{ $y := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}"#,
            "takes more than 20000 steps"),
        Example(
            #"{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $y := deepCopy $x }}"#,
            "takes more than 20000 steps"),
        Example(
            #"{{ $x := list 1 }}{{ range 200 }}{{ $x = list $x }}{{ end }}{{ $x }}"#, "nested deeper than 100 levels"),
        Example(#"{{ $d := dict }}{{ $_ := set $d "me" $d }}{{ $d }}"#, "or holds itself"),
        Example(#"{{ regexMatch "(a{100}){100}" "x" }}"#, "the expression is too large"),
        Example(#"{{ $x := repeat 2000 "a" }}{{ regexFindAll "a.*b|a" $x -1 | len }}"#, "takes more than 20000 steps"),
    ])
    func `stop a template`(_ example: Example) {
        let problem = problem(of: example.text, limits: Self.small)
        #expect(problem.contains(example.expected), "\(problem.prefix(300))")
    }

    @Test func `stop nesting in the text`() {
        let deep = String(repeating: "{{ if 1 }}", count: 5000)
        #expect(problem(of: deep).contains("nested deeper than 100 levels"))
        let parentheses = "{{ " + String(repeating: "(", count: 5000) + " }}"
        #expect(problem(of: parentheses).contains("nested deeper than 100 levels"))
    }

    @Test func `allow many else-ifs and long pipes`() throws {
        let chain = "{{ if 0 }}" + String(repeating: "{{ else if 0 }}", count: 2000) + "{{ else }}x{{ end }}"
        #expect(try render(chain) == "x")
        #expect(try render("{{ 1" + String(repeating: " | toString", count: 2000) + " }}") == "1")
    }

    @Test func `let go of deep values without recursion`() throws {
        let text = "{{ $d := dict }}{{ range 100000 }}{{ $d = dict \"next\" $d }}{{ end }}done"
        #expect(try render(text) == "done")
        let chain =
            "{{ $d := dict }}{{ $e := $d }}{{ range 100000 }}{{ $n := dict }}{{ $_ := set $e \"n\" $n }}{{ $e = $n }}{{ end }}done"
        #expect(try render(chain) == "done")
    }

    @Test func `refuse a text that is too long`() {
        let problem = problem(of: String(repeating: "x", count: 5 << 20))
        #expect(problem.contains("can't be longer than 4194304 bytes"))
    }
}
