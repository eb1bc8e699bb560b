// Hostile output: nothing that a step prints may reach the terminal as a command.
import Testing

@testable import Reports

@Suite struct `Harmless text` {
    @Test(arguments: [
        ("\u{1B}[31mred\u{1B}[0m", "red"), ("\u{1B}[2J\u{1B}[Hgone", "gone"), ("\u{1B}]0;title\u{7}x", "x"),
        ("\u{1B}]8;;http://a\u{1B}\\link\u{1B}]8;;\u{1B}\\!", "link!"), ("\u{1B}Pq#0\u{1B}\\x", "x"),
        ("\u{1B}]0;never ends", "0;never ends"), ("\u{9B}2Jx", "x"), ("\u{9D}0;t\u{9C}x", "x"), ("\u{1B}(Bx", "x"),
        ("\u{1B}cx", "x"), ("a\u{8}\u{8}\u{7}b\u{0}\u{7F}", "ab"), ("\u{1B}", ""), ("\u{1B}[", ""), ("\u{1B}[31", ""),
        ("\u{1B}[?25lx", "x"), ("\u{1B}[>4;2mx", "x"), ("10%\r20%\r", "20%"), ("x\r", "x"), ("\r\r", ""),
        ("a\tb", "a       b"), ("\tb", "        b"), ("user\u{202E}gpj.exe", "usergpj.exe"), ("a\u{2028}b", "ab"),
        ("größe 日本 🛳️", "größe 日本 🛳️"),
    ])
    func `what is not text goes`(given: String, text: String) {
        #expect(HarmlessText.lines(given) == [text])
    }

    @Test func `colours stay where they are wanted and end with the line`() {
        #expect(
            HarmlessText.lines("\u{1B}[1;31mred\u{1B}[5Aup", keepsColours: true) == ["\u{1B}[1;31mredup\u{1B}[0m"])
        #expect(HarmlessText.lines("\u{9B}38:5:9mx", keepsColours: true) == ["\u{1B}[38:5:9mx\u{1B}[0m"])
    }

    @Test func `a line feed makes lines`() {
        #expect(HarmlessText.lines("a\r\nb\n\nc") == ["a", "b", "", "c"])
        #expect(HarmlessText.lines("a\n") == ["a"])
        #expect(HarmlessText.lines("\n") == [""])
        #expect(HarmlessText.lines("") == [""])
    }

    @Test func `long lines are cut with a note`() {
        let line = String(repeating: "é", count: HarmlessText.lineBytesMax)
        #expect(
            HarmlessText.lines(line)
                == [String(repeating: "é", count: HarmlessText.lineBytesMax / 2) + " [8192 bytes cut]"])
        let short = String(repeating: "x", count: HarmlessText.lineBytesMax)
        #expect(HarmlessText.lines(short) == [short])
    }

    @Test func `a title is one line`() {
        #expect(HarmlessText.title("RUN a \\\n    b\t\u{1B}[2Jc\r\nd") == "RUN a \\ b c d")
    }

    @Test(arguments: [
        ("ADD  http://me:token@h/f /", "ADD http://h/f /"), ("ADD https://token@h /", "ADD https://h /"),
        ("X='http://a:b@c@h,https://d:e@i/@'", "X='http://h,https://i/@'"), ("http://h/a@b", "http://h/a@b"),
        ("git@h:a http://", "git@h:a http://"),
    ])
    func `a title names nobody that an address names`(given: String, text: String) {
        #expect(HarmlessText.title(given) == text)
    }

    @Test func `no byte of an escape comes through, whatever is in it`() {
        let parts: [Unicode.Scalar] = [
            "\u{1B}", "[", "]", "P", "\u{7}", "\\", "m", "3", ";", "\u{9B}", "\u{9C}", "A", "\r", "é",
        ]
        var seed: UInt64 = 42
        for _ in 0..<2000 {
            var line = String.UnicodeScalarView()
            for _ in 0..<12 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                line.append(parts[Int(seed >> 33) % parts.count])
            }
            let plain = HarmlessText.lines(String(line)).joined()
            #expect(!plain.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            let coloured = HarmlessText.lines(String(line), keepsColours: true).joined()
            #expect(
                coloured.split(separator: "\u{1B}[").dropFirst(coloured.hasPrefix("\u{1B}[") ? 0 : 1).allSatisfy {
                    part in
                    part.drop { "0123456789:;".contains($0) }.first == "m"
                })
        }
    }
}

@Suite struct `Text widths` {
    @Test(arguments: [
        ("abc", 3), ("日本語", 6), ("e\u{301}", 1), ("ｗｉｄｅ", 8), ("한국", 4), ("\u{1B}[31mab\u{1B}[0m", 2), ("👍", 2),
        ("│…", 2),
        ("\u{200B}\u{200D}", 0),
    ])
    func `columns are counted`(text: String, columns: Int) {
        #expect(TextWidth.columns(text) == columns)
    }

    @Test func `a cut keeps whole characters`() {
        #expect(TextWidth.shortened("abcdef", to: 6) == "abcdef")
        #expect(TextWidth.shortened("abcdef", to: 5) == "abcd…")
        #expect(TextWidth.shortened("日本語", to: 4) == "日…")
        #expect(TextWidth.shortened("日本語", to: 5) == "日本…")
        #expect(TextWidth.shortened("abc", to: 0) == "")
    }

    @Test func `a wrap carries colours over`() {
        #expect(TextWidth.wrapped("abcdef", at: 3) == ["abc", "def"])
        #expect(TextWidth.wrapped("日本語", at: 5) == ["日本", "語"])
        #expect(
            TextWidth.wrapped("a\u{1B}[31mbcd\u{1B}[0me", at: 2)
                == ["a\u{1B}[31mb\u{1B}[0m", "\u{1B}[31mcd\u{1B}[0m", "e"])
        #expect(TextWidth.wrapped("日", at: 1) == ["日"])
    }

    @Test(
        arguments: [
            ("", ""), ("a", "a"), (" a", "a"), ("a ", "a"), ("a  b", "a b"), ("a\tb", "a b"), ("a / b", "a / b"),
            ("a//b", "a//b"), ("https://u:p@h/x", "https://h/x"), ("RUN x=http://u@h", "RUN x=http://h"),
            ("caf\u{E9}", "caf\u{E9}"), ("a\u{1B}[2Jb", "ab"),
        ])
    func `a title that needs nothing stays, and every other is cleaned`(text: String, title: String) {
        #expect(HarmlessText.title(text) == title)
    }
}
