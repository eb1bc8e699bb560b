// printf's verbs and Go's numbers.
import Templates
import Testing

@Suite struct `Formatting` {
    @Test(arguments: [
        Example(#"{{ printf "%s|%10s|%-5s|%.2s" "ab" "cd" "ef" "xyz" }}"#, "ab|        cd|ef   |xy"),
        Example(
            #"{{ printf "%d|%5d|%05d|%+d|%-4d|%x|%X|%o|%b|%c|%U" 42 42 -42 42 42 255 255 8 5 65 8364 }}"#,
            "42|   42|-0042|+42|42  |ff|FF|10|101|A|U+20AC"),
        Example(#"{{ printf "%q %q %v %v" "a\n" 65 true nil }}"#, #""a\n" 'A' true <nil>"#),
        Example(#"{{ printf "%t %%  %T %T" false 1 "x" }}"#, "false %  int string"),
        Example(
            #"{{ printf "%f %.2f %8.3f|%e %g %v" 1.5 2.675 3.14159 1234.5678 1e21 0.1 }}"#,
            "1.500000 2.67    3.142|1.234568e+03 1e+21 0.1"),
        Example(#"{{ printf "%s %d" 5 "x" }}"#, "%!s(int=5) %!d(string=x)"),
        Example(
            #"{{ printf "%d" }} {{ printf "a" 1 "b" }} {{ printf "%" }}"#,
            "%!d(MISSING) a%!(EXTRA int=1, string=b) %!(NOVERB)"),
        Example(#"{{ printf "%v %d %q" (list 1 "a") (list 1 2) (list "x") }}"#, #"[1 a] [1 2] ["x"]"#),
        Example(#"{{ printf "%x %X" "hi" "hi" }}"#, "6869 6869"),
        Example(#"{{ printf "%v" (dict "b" nil "a" 1.0) }}"#, "map[a:1 b:<nil>]"),
        Example(#"{{ printf "%06.2f|%+.1e" 3.14159 12345.0 }}"#, "003.14|+1.2e+04"),
        Example(#"{{ printf "%.3g|%.10g|%g" 1234.5 1234.5 100000.0 }}"#, "1.23e+03|1234.5|100000"),
    ])
    func `follows Go's verbs`(_ example: Example) throws {
        #expect(try render(example.text) == example.expected)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (100000.0, "100000"), (1_000_000.0, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (3.14, "3.14"), (1e21, "1e+21"), (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `writes the shortest digits of a float`(_ value: Double, _ text: String) {
        #expect(GoFloat.shortest(value) == text)
    }

    @Test(arguments: [
        ("%.0f", 0.5, "0"), ("%.0f", 1.5, "2"), ("%.0f", 2.5, "2"), ("%.1f", 0.25, "0.2"), ("%.1f", 0.35, "0.3"),
        ("%.20f", 0.1, "0.10000000000000000555"), ("%.0f", 1e22, "10000000000000000000000"), ("%.2f", 9.999, "10.00"),
        ("%.3e", 0.0, "0.000e+00"), ("%.1f", 0.0001, "0.0"),
    ])
    func `rounds to even from all digits`(_ format: String, _ value: Double, _ text: String) throws {
        #expect(try render("{{ printf \"\(format)\" .v }}", ["v": .float(value)]) == text)
    }

    @Test func `refuses what would take too much`() {
        #expect(problem(of: #"{{ printf "%99999999d" 1 }}"#).contains("a width or precision above 10000"))
        #expect(problem(of: #"{{ printf "%*d" 1 2 }}"#).contains("not supported by this version"))
    }
}
