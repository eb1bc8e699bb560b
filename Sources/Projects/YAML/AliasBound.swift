// A bound on what aliases can expand to, taken from the text alone.
//
// The parser hashes the keys of a mapping, and a key may be, or hold, an alias: a few lines of nested anchors would
// keep it busy for ever before any tree exists. So where an alias can stand in a key, the product is bounded first.
// Aliases in values are bounded when the tree is converted.

extension YAMLComposer {
    /// Copies of one value that nested anchors may make in a document.
    static let maximumAliasExpansion = 100_000.0

    func checkAliases(of text: String) throws(ConfigError) {
        let scan = AliasScan(text)
        guard scan.mayStandInKey, scan.copies > Self.maximumAliasExpansion else { return }
        throw source.error(
            firstLine - 1 + scan.lastLine, "the aliases of this document can expand to more than 100,000 copies.",
            hint: "Use fewer anchors, or a template, for what repeats.")
    }
}

/// What a text holds that looks like anchors and aliases; strings and comments count too, so it never says too little.
struct AliasScan {
    /// A name may be anchored again and again, and each time hold its former self: definitions count, not names.
    private var definitions = 0
    private var names: Set<Substring> = []
    private var aliases = 0
    /// The line of the last alias.
    private(set) var lastLine = 1
    /// `{*a}`, `? *a`, `*a : x` or `[*a]: x` may be there. (`{a}` without a colon is a key, too.)
    private(set) var mayStandInKey = false

    init(_ text: String) {
        let bytes = text.utf8
        var line = 1
        var previous = UInt8(ascii: " ")
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            switch byte {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "{"), UInt8(ascii: "?"): mayStandInKey = true
            case UInt8(ascii: "]"): noteColon(after: bytes[next...])
            case UInt8(ascii: "&"), UInt8(ascii: "*"):
                guard Self.startsToken(after: previous) else { break }
                let name = Substring(bytes[next...].prefix(while: Self.isNameByte))
                if byte == UInt8(ascii: "&"), !name.isEmpty {
                    names.insert(name)
                    definitions += 1
                } else if names.contains(name) {
                    aliases += 1
                    lastLine = line
                    noteColon(after: bytes[name.endIndex...])
                }
            default: break
            }
            previous = byte
            index = next
        }
    }

    /// The most copies that r aliases of a anchors can make: nested evenly, (r/a)^a, which is greatest at a = r/e.
    var copies: Double {
        guard aliases > 0 else { return 0 }
        let nested = min(Double(definitions), max(1, Double(aliases) / 2.718281828))
        var copies = 1.0
        for _ in 0..<Int(nested.rounded(.up)) where copies < .greatestFiniteMagnitude {
            copies *= Double(aliases) / nested
        }
        return copies
    }

    private mutating func noteColon(after rest: Substring.UTF8View) {
        let sign = rest.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        if sign == UInt8(ascii: ":") { mayStandInKey = true }
    }

    private static func startsToken(after byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
