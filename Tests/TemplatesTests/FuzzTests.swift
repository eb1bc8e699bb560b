// Thousands of damaged templates: each renders or fails with a place, none crashes or hangs. Mutations come from fixed seeds.
import Templates
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct `Damaged templates` {
    static let mutationsPerSeed = 250

    static let corpus: [String] = [
        #"{{ $x := list 1 "a" nil }}{{ range $i, $v := $x }}{{ $i }}={{ $v | quote }}{{ else }}-{{ end }}"#,
        #"{{ define "t" }}{{ if gt (len .) 1 }}{{ template "t" (trunc 1 .) }}{{ end }}{{ end }}{{ template "t" "abc" }}"#,
        #"{{- with dict "a" (dict "b" 1) -}} {{ .a.b | add 1 | printf "%05d %q %v" 3 "x" }} {{- end -}}"#,
        #"{{ tpl "{{ include \"t\" . | indent 2 }}" 5 }}{{ block "t" . }}[{{ . }}]{{ end }}"#,
        #"{{/* c */}}{{ if and 1 (or 0 "x") }}{{ else if eq 'a' 97 }}{{ else }}{{ end }}{{ 0x1F }}{{ 1.5e3 }}{{ `raw` }}"#,
        #"{{ regexReplaceAll "(a|b)*c{1,3}[^x-z]$" "abcabc" "${1}" }}{{ toJson (fromJson `{"a":[1.5,"\u00e9"]}`) }}"#,
        #"{{ range until 5 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ continue }}{{ end }}{{ splitList "," "a,b" | join "-" | b64enc }}"#,
    ]

    static var limits: TemplateLimits {
        var limits = TemplateLimits()
        limits.steps = 5_000
        limits.outputBytes = 20_000
        limits.workBytes = 200_000
        return limits
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `render or fail`(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let pieces = Self.corpus.flatMap { text in [text] + text.split(separator: " ").map(String.init) }
        for _ in 0..<Self.mutationsPerSeed {
            let text = Self.mutate(Self.corpus.randomElement(using: &random) ?? "", pieces, &random)
            check(text)
        }
    }

    @Test func `saved inputs render or fail`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inputs")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".tmpl") }
        #expect(names.count >= 10)
        for name in names.sorted() {
            check(String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self))
        }
    }

    private func check(_ text: String) {
        do throws(TemplateError) {
            _ = try render(["werf.yaml": text], sampleData(), limits: Self.limits)
        } catch {
            #expect(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty, "\(text)")
        }
    }

    static func mutate(_ text: String, _ pieces: [String], _ random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let end = min(at + Int.random(in: 0...12, using: &random), bytes.count)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: at)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            case 4: bytes.insert("{}()\"'`.$|:=,-\\%\n é0".utf8.randomElement(using: &random) ?? 0, at: at)
            default: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &random) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
