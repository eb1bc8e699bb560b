// A client's config, `mesh.yaml`: values, where the file is, and how it is read.

package struct ClientSettings: Equatable, Sendable {
    /// Whether stages run on the client's own host.
    package enum Work: String, CaseIterable, Sendable { case auto, never, always }

    private static let slotRange = 1...4_096

    package let certificate: String
    package let key: String
    package let authority: String
    /// At least one.
    package let join: [Endpoint]
    package let buildClass: String
    package let workHere: Work
    /// Stages at once on this host.
    package let slots: Int

    package static func read(_ text: String, from source: SettingsSource) throws(SettingsError) -> Self {
        let tree = try SettingsText(file: source.file).tree(text)
        let root = try SectionReader(tree, path: "", table: .client, source: source)
        let join = try root.required("join", try root.endpoints("join"))
        guard !join.isEmpty else {
            throw root.refuse(
                "join", root.value("join") ?? root.node, "is empty.", "Name one node of the mesh at least, HOST:PORT.")
        }
        let work = try root.inside("work")
        return Self(
            certificate: try root.required("certificate", try root.file("certificate")),
            key: try root.required("key", try root.file("key")),
            authority: try root.required("authority", try root.file("authority")), join: join,
            buildClass: try root.name("class") ?? "default", workHere: try work.word("here", Work.self) ?? .auto,
            slots: try work.integer("slots", in: slotRange) ?? max(1, source.cores))
    }
}

package enum ClientSettingsPlace: Equatable, Sendable {
    /// The user named it: it must exist.
    case named(String)
    /// Where it is by default: when it is absent, there is no mesh.
    case usual(String)
    /// No home, no name: no mesh.
    case nowhere

    /// `--mesh FILE`, else `$WEFT_MESH`, else `~/.weft/mesh.yaml`.
    package init(option: String?, environment: [String: String]) {
        if let option, !option.isEmpty {
            self = .named(option)
        } else if let path = environment["WEFT_MESH"], !path.isEmpty {
            self = .named(path)
        } else if let home = environment["HOME"], !home.isEmpty {
            self = .usual(home + "/.weft/mesh.yaml")
        } else {
            self = .nowhere
        }
    }
}
