// How a stage's digest is made of its inputs; kept as a value so that it can be explained and compared.

/// One word that goes into a digest. Some are known only when another stage was named or chosen.
package enum NameWord: Hashable, Sendable {
    case text(String)
    /// `REPO:TAG` of the stage that was chosen.
    case imageName(StageIndex)
    /// The digest of another stage.
    case digest(StageIndex)
}

/// An input of a digest with the name that people see; `words` are what is hashed.
package struct NameInput: Hashable, Sendable {
    package let label: String
    package let words: [NameWord]

    package init(_ label: String, words: [NameWord]) {
        self.label = label
        self.words = words
    }

    /// werf's form for instructions: the label is hashed in front of its values.
    package static func labelled(_ label: String, _ values: String...) -> NameInput {
        labelled(label, values)
    }

    package static func labelled(_ label: String, _ values: [String]) -> NameInput {
        NameInput(label, words: [.text(label)] + values.map(NameWord.text))
    }
}

/// `SHA3(platform?, version, keyword, SHA256(inputs), previous digest?, "", base?)` (werf.md 2.2).
package struct NameRule: Hashable, Sendable {
    /// Nil for linux/amd64, which stays out of digests.
    package let platform: String?
    /// The stage's name as the digest has it: `RUN`, `dockerfile`.
    package let keyword: String
    package let inputs: [NameInput]
    /// The stage before this one in the chain.
    package let previous: StageIndex?
    /// The reference of what the chain starts on; only where werf puts it into the digest.
    package let base: NameWord?

    package init(
        platform: String?, keyword: String, inputs: [NameInput], previous: StageIndex? = nil, base: NameWord? = nil
    ) {
        self.platform = platform
        self.keyword = keyword
        self.inputs = inputs
        self.previous = previous
        self.base = base
    }
}
