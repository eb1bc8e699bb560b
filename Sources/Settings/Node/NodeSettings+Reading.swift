// A node's config file → values, or the first mistake with its place.

extension NodeSettings {
    /// Drain and stages take at least this and at most that.
    static let drainRange: ClosedRange<Duration> = .zero ... .seconds(86_400)

    package static func read(_ text: String, from source: SettingsSource) throws(SettingsError) -> Self {
        let tree = try SettingsText(file: source.file).tree(text)
        let root = try SectionReader(tree, path: "", table: .node, source: source)
        let name = try root.required("name", try root.name("name"))
        let tls = try root.section("tls").map { section throws(SettingsError) in try TLSFiles(section) }
        let peers = try root.section("peers").map { section throws(SettingsError) in
            try PeerSettings(section, name: name)
        }
        try checkMesh(root, hasTLS: tls != nil, hasPeers: peers != nil)
        let store = try root.folder("store")?.path ?? "/var/lib/weft"
        let ledger = try root.section("ledger").map { section throws(SettingsError) in
            try LedgerSettings(section, node: name, peers: peers, store: store)
        }
        let capacity = try CapacitySettings(try root.inside("capacity"))
        return Self(
            name: name, zone: try root.name("zone") ?? "default",
            store: store, tls: tls, peers: peers,
            registry: try RegistrySettings(try root.inside("registry"), node: tls),
            capacity: capacity, classes: try BuildClass.all(root, capacity: capacity), ledger: ledger,
            metrics: try root.section("metrics").map { section throws(SettingsError) in
                try section.required("listen", try section.endpoint("listen"))
            },
            log: try LogSettings(try root.inside("log")),
            drainTimeout: try root.span("drainTimeout", in: drainRange) ?? .seconds(60))
    }

    private static func checkMesh(_ root: SectionReader, hasTLS: Bool, hasPeers: Bool) throws(SettingsError) {
        guard hasTLS == hasPeers else {
            throw root.source.error(
                root.value(hasTLS ? "tls" : "peers") ?? root.node,
                hasTLS ? "`tls` is there and `peers` is not." : "`peers` is there and `tls` is not.",
                "A node of a mesh has both, a node of its own has neither.")
        }
    }
}

extension SectionReader {
    /// The section, or an empty one.
    func inside(_ key: String) throws(SettingsError) -> SectionReader {
        if let section = try section(key) { return section }
        let nothing = SettingsNode(content: .mapping([]), line: node.line, column: node.column)
        return try SectionReader(nothing, path: inner(key), source: source, of: self)
    }
}

extension TLSFiles {
    init(_ section: SectionReader) throws(SettingsError) {
        certificate = try section.required("certificate", try section.file("certificate"))
        key = try section.required("key", try section.file("key"))
        authority = try section.required("authority", try section.file("authority"))
        denied = try section.file("denied")
        authorityKey = try section.file("authorityKey")
    }
}

extension PeerSettings {
    init(_ section: SectionReader, name: String) throws(SettingsError) {
        let listen = try section.required("listen", try section.endpoint("listen"))
        let fallback = listen.isWildcard ? Endpoint(host: name, port: listen.port) : listen
        let advertise = try section.endpoint("advertise") ?? fallback
        if advertise.isWildcard, let node = section.value("advertise") {
            throw section.refuse(
                "advertise", node, "is \(advertise), which nobody can call.", "Write an address of this host.")
        }
        self.listen = listen
        self.advertise = advertise
        join = try section.endpoints("join") ?? []
    }
}

extension CapacitySettings {
    private static let slotRange = 1...4_096
    private static let transferRange = 1...4_096
    /// Bytes.
    static let memoryRange = (16 << 20)...(1 << 46)
    private static let diskRange = (1 << 30)...(1 << 50)
    private static let reserveRange = 0...(1 << 50)

    init(_ section: SectionReader) throws(SettingsError) {
        let host = section.source
        slots = try section.integer("slots", in: Self.slotRange) ?? max(1, host.cores)
        transfers = try section.integer("transfers", in: Self.transferRange) ?? 16
        memory =
            try section.size("memory", in: Self.memoryRange) ?? max(Self.memoryRange.lowerBound, host.memory / 5 * 4)
        disk = try section.size("disk", in: Self.diskRange)
        reserve = try section.size("reserve", in: Self.reserveRange) ?? 5 << 30
    }
}

extension LogSettings {
    init(_ section: SectionReader) throws(SettingsError) {
        level = try section.word("level", Level.self) ?? .info
        format = try section.word("format", Format.self) ?? .text
    }
}
