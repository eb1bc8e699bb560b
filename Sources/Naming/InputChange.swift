// What differs between the inputs of two digests: why a stage is not the one of the last build.

/// A difference between then and now.
package enum InputChange: Hashable, Sendable {
    case added(DigestInput)
    case removed(DigestInput)
    /// The words that are only in the old or the new form; none when only their order changed.
    case changed(label: String, old: [String], new: [String])
    /// The same inputs, hashed in another order.
    case reordered
}

extension DigestInputs {
    /// Labels may name lines of a file, which move when lines above them come or go: inputs are the same when their
    /// words are, and belong together when their labels differ in numbers only and their texts begin alike.
    package func changes(since old: DigestInputs) -> [InputChange] {
        guard digest != old.digest else { return [] }
        let (gone, come) = Self.unmatched(old.inputs, inputs) { Self.identity($0) }
        guard !gone.isEmpty || !come.isEmpty else { return [.reordered] }
        var waiting = Dictionary(grouping: gone, by: Self.kind).mapValues { $0[...] }
        var changes: [InputChange] = []
        for input in come {
            if let before = waiting[Self.kind(input)]?.popFirst() {
                changes.append(Self.change(from: before, to: input))
            } else {
                changes.append(.added(input))
            }
        }
        let left = Set(waiting.values.joined())
        return changes + gone.filter(left.contains).map(InputChange.removed)
    }

    private static func change(from old: DigestInput, to new: DigestInput) -> InputChange {
        let (gone, come) = unmatched(old.words, new.words) { $0 }
        return .changed(label: new.label, old: gone, new: come)
    }

    /// Elements of each list without a partner in the other one, in their order.
    private static func unmatched<Element>(
        _ old: [Element], _ new: [Element], by key: (Element) -> some Hashable
    ) -> ([Element], [Element]) {
        (without(old, new, key), without(new, old, key))
    }

    private static func without<Element, Key: Hashable>(
        _ list: [Element], _ other: [Element], _ key: (Element) -> Key
    ) -> [Element] {
        var counts: [Key: Int] = [:]
        for element in other { counts[key(element), default: 0] += 1 }
        return list.filter { element in
            guard let count = counts[key(element)], count > 0 else { return true }
            counts[key(element)] = count - 1
            return false
        }
    }

    private static func identity(_ input: DigestInput) -> [String] { [plain(input.label)] + input.words }

    /// The label; for one that names a line `ARG NAME`, `RUN`, or nothing for a checksum, behind it.
    private static func kind(_ input: DigestInput) -> [String] {
        let text = input.words.first ?? ""
        guard plain(input.label) != input.label, let space = text.firstIndex(of: " ") else {
            return [plain(input.label)]
        }
        let keyword = text[..<space]
        let isPair = keyword == "ARG" || keyword == "ENV"
        return [plain(input.label), String(isPair ? text.prefix { $0 != "=" } : keyword)]
    }

    private static func plain(_ label: String) -> String { label.filter { !$0.isNumber } }
}

/// Two texts cut down to where they differ.
package enum WordExcerpt {
    /// Characters of a short form.
    package static let lengthMax = 100
    /// Characters in front of the first difference.
    private static let contextLength = 24

    /// The beginning of a word that is too long to be shown.
    package static func beginning(_ word: String) -> String {
        let line = visible(word)
        return line.count <= lengthMax ? line : "\(line.prefix(lengthMax - 1))…"
    }

    /// Both words from shortly before their first difference.
    package static func pair(_ old: String, _ new: String) -> (old: String, new: String) {
        let (old, new) = (Array(visible(old)), Array(visible(new)))
        guard max(old.count, new.count) > lengthMax else { return (String(old), String(new)) }
        let common = zip(old, new).prefix { $0 == $1 }.count
        let start = max(0, common - contextLength)
        return (cut(old, from: start), cut(new, from: start))
    }

    private static func cut(_ text: [Character], from start: Int) -> String {
        let middle = text[min(start, text.count)...].prefix(lengthMax - 2)
        let isCut = start + middle.count < text.count
        return (start > 0 ? "…" : "") + String(middle) + (isCut ? "…" : "")
    }

    /// One line: whatever a terminal would obey is written in words.
    private static func visible(_ word: String) -> String {
        var line = ""
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\t": line += "\\t"
            case "\r": line += "\\r"
            default:
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                line += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
            }
        }
        return line
    }
}
