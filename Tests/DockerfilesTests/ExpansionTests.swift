// Variables, quotes and escapes in single texts.
import Testing

@testable import Dockerfiles

@Suite struct `Expansion of text` {
    static let environment = ["A": "one", "B": "two words", "E": "", "P": "/usr/lib/x.tar.gz", "ü": "umlaut"]

    static let words: [(String, String?)] = [
        ("plain", "plain"), ("$A", "one"), ("x${A}y", "xoney"), ("$A$A", "oneone"), ("$AB", ""), ("$N", ""),
        ("${N}", ""),
        ("$", "$"), ("$.", "$."), ("a$ b", "a$ b"), ("$1x", "x"), ("$12x", "x"), ("$@x", "x"), ("$$x", "x"),
        ("${#}", ""),
        ("$ü", "umlaut"), ("$_", ""), ("'$A'", "$A"), ("\"$A\"", "one"), ("\"'$A'\"", "'one'"), ("'\"'", "\""),
        ("\\$A", "$A"), ("\\\\$A", "\\one"), ("\\a", "a"), ("\"\\a\\\\\\$\\\"\"", "\\a\\$\""), ("'\\a'", "\\a"),
        ("a\\", "a"),
        ("a b  c", "a b  c"), ("<<  x", "<<  x"), ("<x", "<x"), ("", ""), ("''", ""),
        ("'x", nil), ("\"x", nil), ("\"x\\\"", nil), ("${", nil), ("${A", nil), ("${}", nil), ("${:-x}", nil),
        ("${{A}}", nil),
        ("${.}", nil), ("${A:x}", nil), ("${A=x}", nil), ("${A:=x}", nil), ("${A:", nil), ("${A:-", nil),
        ("${A:-x", nil),
        ("${A:#x}", nil), ("${A:%x}", nil), ("${A:-'x}", nil),
        ("${A-x}", "one"), ("${E-x}", ""), ("${N-x}", "x"), ("${A:-x}", "one"), ("${E:-x}", "x"), ("${N:-x}", "x"),
        ("${A+x}", "x"), ("${E+x}", "x"), ("${N+x}", ""), ("${A:+x}", "x"), ("${E:+x}", ""), ("${N:+x}", ""),
        ("${A?x}", "one"), ("${E?x}", ""), ("${N?x}", nil), ("${A:?x}", "one"), ("${E:?x}", nil), ("${N:?}", nil),
        ("${N:-$A}", "one"), ("${N:-${M:-${A}}}", "one"), ("${N:-a b}", "a b"), ("${N:-\"a b\"}", "a b"),
        ("${N:-'}'}", "}"), ("${N:-\\}}", "}"), ("${A}}", "one}"), ("${N:-{}", "{"), ("${N:-\\${A}x}", "${Ax}"),
        ("${P#/}", "usr/lib/x.tar.gz"), ("${P#*/}", "usr/lib/x.tar.gz"), ("${P##*/}", "x.tar.gz"),
        ("${P#usr}", "/usr/lib/x.tar.gz"),
        ("${P%.*}", "/usr/lib/x.tar"), ("${P%%.*}", "/usr/lib/x"), ("${P%/*}", "/usr/lib"),
        ("${P%?}", "/usr/lib/x.tar.g"),
        ("${P##*}", ""), ("${P#*}", "/usr/lib/x.tar.gz"), ("${P#}", "/usr/lib/x.tar.gz"),
        ("${P%%}", "/usr/lib/x.tar.gz"),
        ("${P#$E}", "/usr/lib/x.tar.gz"), ("${N#x}", ""), ("${A#\\o}", nil), ("${A#o\\}", nil), ("${A#o?}", "e"),
        ("${P/lib/bin}", "/usr/bin/x.tar.gz"), ("${P//\\//-}", "-usr-lib-x.tar.gz"),
        ("${P/\\//-}", "-usr/lib/x.tar.gz"),
        ("${P//./}", "/usr/libxtargz".replacing("libx", with: "lib/x")), ("${P/*./}", "gz"),
        ("${P//?/x}", "xxxxxxxxxxxxxxxxx"),
        ("${A//o/0}", "0ne"), ("${A/x/y}", "one"), ("${A/$A/$B}", "two words"), ("${A//$E/-}", "-o-n-e-"),
        ("${A/$E/-}", "-one"),
        ("${A/o}", nil), ("${A/o/", nil), ("${A//\\//\\/}", "one"), ("${P/\\/usr\\//\\/}", "\\/lib/x.tar.gz"),
        ("${N/a/b}", ""),
    ]

    @Test(arguments: words.indices) func `makes one word`(index: Int) {
        let (text, expected) = Self.words[index]
        #expect((try? Expander().word(text, Self.environment)) == expected, "\(text)")
    }

    @Test(arguments: [
        ("a b", ["a", "b"]), ("  a  ", ["a"]), ("", []), ("'a b' c", ["a b", "c"]), ("a\\ b", ["a b"]),
        ("$B", ["two", "words"]),
        ("\"$B\"", ["two words"]), ("x$B", ["xtwo", "words"]), ("${N:-p q}r", ["p", "qr"]), ("x${N:-p}", ["xp"]),
        ("<< EOF x", ["<< EOF", "x"]), ("a\u{A0}b", ["a", "b"]), ("\"\"", []), ("a\"\"b", ["ab"]),
    ])
    func `splits words after expansion`(text: String, expected: [String]) throws {
        #expect(try Expander().words(text, Self.environment) == expected)
    }

    @Test(arguments: [
        ("$N", "$N"), ("${N}", "${N}"), ("$A$N", "one$N"), ("${N:-x}", "${N:-x}"), ("${N+$A}", "${N+one}"),
        ("${N:?m}", "${N:?m}"), ("${N##*/}", "${N##*/}"), ("${N%x}", "${N%x}"), ("${N/a/b}", "${N/a/b}"),
        ("'$N'", "$N"), ("${A:-$N}", "one"), ("$", "$"),
    ])
    func `can leave unset variables alone`(text: String, expected: String) throws {
        #expect(try Expander(unset: .keep).word(text, Self.environment) == expected)
    }

    @Test func `can keep quotes and escapes`() throws {
        let keeping = Expander(unset: .keep, quotes: .keep, keepsEscapes: true)
        #expect(try keeping.word("'a' \"$A\" \\b", Self.environment) == "'a' \"one\" \\b")
        #expect(try Expander(quotes: .ignore).word("'$A\" \\$A", Self.environment) == "'one\" $A")
    }

    @Test func `can escape with a backtick`() throws {
        let expander = Expander(escape: .backtick)
        #expect(try expander.word("C:\\$A `$A \"`\"\" `", Self.environment) == "C:\\one $A \" ")
    }

    @Test func `reports the names it asked for`() throws {
        let expansion = try Expander().expand("$A ${N:-$M} '$X' ${E:+$Y}", Self.environment)
        #expect(expansion.used == ["A", "E"])
        #expect(expansion.missing == ["N", "M", "Y"])
    }

    @Test(arguments: [
        ("${N:?give me $A}", "can't expand \"${N:?give me $A}\": N: give me one"),
        ("${N?}", "can't expand \"${N?}\": N: is not allowed to be unset"),
        ("${E:?}", "can't expand \"${E:?}\": E: is not allowed to be empty"),
        ("${A", "can't expand \"${A\": missing '}'"),
        ("${A~}", "can't expand \"${A~}\": unsupported modifier (~) in substitution"),
        ("${A/b", "can't expand \"${A/b\": missing '/' in ${}"),
        ("${A#\\x}", "can't expand \"${A#\\\\x}\": invalid pattern (\\x) in substitution: invalid escape '\\x'"),
    ])
    func `says what is wrong`(text: String, message: String) {
        let error = #expect(throws: ExpansionError.self) { try Expander().word(text, Self.environment) }
        #expect(error?.description == message)
    }
}

@Suite struct `Predefined arguments` {
    @Test func `are those of BuildKit`() {
        #expect(PredefinedArguments.proxies.count == 10)
        #expect(PredefinedArguments.proxies.isSuperset(of: ["HTTP_PROXY", "no_proxy", "all_proxy", "FTP_PROXY"]))
        #expect(PredefinedArguments.platforms.count == 8)
        #expect(PredefinedArguments.platforms.isSuperset(of: ["TARGETARCH", "BUILDVARIANT"]))
    }
}
