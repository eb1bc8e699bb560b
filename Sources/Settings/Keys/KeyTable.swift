// Every key of a config file, in one table: what the readers know and what the files' comments say come from here.

package struct DocumentedKey: Sendable {
    /// `peers.listen`; below an element of a list `classes[].name`.
    package let path: String
    /// One or two sentences.
    package let text: String
    /// As YAML; what holds when the key is absent is said in `text` unless this is it.
    package let example: String

    init(_ path: String, _ example: String, _ text: String) {
        self.path = path
        self.example = example
        self.text = text
    }

    package var name: String { path.split(separator: ".").last.map(String.init) ?? path }

    /// The section that it stands in; "" at the top.
    package var section: String {
        path.split(separator: ".").dropLast().joined(separator: ".")
    }
}

package struct KeyTable: Sendable {
    /// Elements of a list.
    static let itemsMax = 1_000

    package let keys: [DocumentedKey]

    /// In the table's order.
    func keys(in section: String) -> [String] { keys.filter { $0.section == section }.map(\.name) }

    package func key(_ path: String) -> DocumentedKey? { keys.first { $0.path == path } }

    func example(_ path: String) -> String? {
        guard let example = key(path)?.example, !example.isEmpty else { return nil }
        return example
    }
}
