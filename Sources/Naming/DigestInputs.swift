// What went into one digest, with every reference filled in: explained to people, kept after a build, compared later.
package import Digests
package import Stages

/// One named input of a digest.
package struct DigestInput: Hashable, Sendable {
    package let label: String
    /// The words that were hashed; a first word that only repeats the label is left out.
    package let words: [String]

    package init(_ label: String, _ words: [String]) {
        self.label = label
        self.words = words
    }
}

/// A digest with its inputs, in the order in which they are hashed.
package struct DigestInputs: Hashable, Sendable {
    package let digest: StageDigest
    package let inputs: [DigestInput]

    package init(digest: StageDigest, inputs: [DigestInput]) {
        self.digest = digest
        self.inputs = inputs
    }

    /// Bytes of a word that is kept whole: a long script, not a file.
    static let wordBytesMax = 16 << 10
    /// Bytes of a longer word that are kept for people to recognise it.
    private static let keptBytes = 256

    /// The same inputs with words of bounded length: of a longer one, its beginning and its hash.
    package var bounded: DigestInputs {
        DigestInputs(
            digest: digest, inputs: inputs.map { DigestInput($0.label, $0.words.map(Self.bounded)) })
    }

    private static func bounded(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > wordBytesMax else { return word }
        let beginning = String(decoding: bytes.prefix(keptBytes), as: UTF8.self)
        return beginning + "… (\(bytes.count) bytes, \(BlobDigest(of: bytes)))"
    }
}

extension Namer {
    /// The inputs of `digest`, which this namer gave to a stage with `rule`.
    package func inputs(_ rule: NameRule, of digest: StageDigest) -> DigestInputs {
        var inputs = rule.platform.map { [DigestInput("platform", [$0])] } ?? []
        inputs.append(DigestInput("stage", [rule.keyword]))
        for input in rule.inputs {
            let words = input.words.map(text)
            let first = words.first ?? ""
            let repeatsLabel = first == input.label || first.hasPrefix(input.label + NameInput.lengthMark)
            inputs.append(DigestInput(input.label, repeatsLabel ? Array(words.dropFirst()) : words))
        }
        if let previous = rule.previous { inputs.append(DigestInput("built on", [self.digest(of: previous) ?? ""])) }
        if let base = rule.base { inputs.append(DigestInput("base", [text(base)])) }
        return DigestInputs(digest: digest, inputs: inputs)
    }
}
