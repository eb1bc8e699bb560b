// `ledger` of a node's config.

extension LedgerSettings {
    /// With an even number one more may fail no more; beyond seven each publication waits for more of them.
    private static let counts = [1, 3, 5, 7]

    init(_ section: SectionReader, node: String, peers: PeerSettings?, store: String) throws(SettingsError) {
        let names = try section.names("voters")
        if let etcd = try EtcdSettings(section) {
            guard names == nil else {
                throw section.source.error(
                    section.value("voters") ?? section.node, "`ledger` has `voters` and `etcd`.",
                    "Name the nodes that keep the ledger, or an etcd that is there already.")
            }
            self = .etcd(etcd)
            return
        }
        let voters = try section.required("voters", names)
        let place = section.value("voters") ?? section.node
        guard Self.counts.contains(voters.count) else {
            throw section.refuse(
                "voters", place, "has \(voters.count) names.", "Name 1, 3, 5 or 7 nodes: a majority has to agree.")
        }
        guard Set(voters).count == voters.count else {
            throw section.refuse("voters", place, "has a name twice.", "Name each node once.")
        }
        guard let peers else {
            throw section.source.error(
                section.node, "`ledger` is there and `peers` is not.",
                "A node of its own needs no ledger: take it away.")
        }
        guard voters.contains(node) else {
            try Self.refuseVotersKeys(section, node)
            self = .voters(names: voters, own: nil)
            return
        }
        self = .voters(names: voters, own: try VoterSettings(section, peers: peers, store: store))
    }

    private static func refuseVotersKeys(_ section: SectionReader, _ node: String) throws(SettingsError) {
        for key in ["listen", "client", "data", "certificate", "key", "authority", "quota"] {
            guard let value = section.value(key) else { continue }
            throw section.refuse(
                key, value, "is for voters, and `\(node)` is none of them.",
                "Take it away, or name the node in `voters`.")
        }
    }
}

extension VoterSettings {
    private static let listenPort = 5_095
    private static let clientPort = 5_096
    /// Bytes; etcd itself advises against more.
    private static let quotaRange = (64 << 20)...(8 << 30)

    init(_ section: SectionReader, peers: PeerSettings, store: String) throws(SettingsError) {
        listen = try section.endpoint("listen") ?? Endpoint(host: peers.listen.host, port: Self.listenPort)
        let local = peers.listen.isLoopback ? peers.listen.host : "127.0.0.1"
        client = try section.endpoint("client") ?? Endpoint(host: local, port: Self.clientPort)
        data = try section.folder("data")?.path ?? store + "/ledger"
        files = try LedgerFiles(section)
        quota = try section.size("quota", in: Self.quotaRange) ?? 4 << 30
        if !client.isLoopback, let value = section.value("client") {
            throw section.refuse(
                "client", value, "is \(client), which other hosts reach.",
                "Only this node asks its etcd: listen at 127.0.0.1.")
        }
        for (key, port) in [("listen", listen.port), ("client", client.port)] where port == peers.listen.port {
            throw section.refuse(
                key, section.value(key) ?? section.node, "has the port \(port) of `peers.listen`.",
                "Choose another one.")
        }
        guard listen.port != client.port else {
            throw section.refuse(
                "client", section.value("client") ?? section.node, "has the port \(client.port) of `listen`.",
                "Choose another one.")
        }
        if let value = section.value("prefix") {
            throw section.refuse(
                "prefix", value, "is for `etcd`.", "The voters' etcd holds nothing else: take it away.")
        }
    }
}

extension LedgerFiles {
    init(_ section: SectionReader) throws(SettingsError) {
        certificate = try section.required("certificate", try section.file("certificate"))
        key = try section.required("key", try section.file("key"))
        authority = try section.required("authority", try section.file("authority"))
    }
}

extension EtcdSettings {
    /// Bytes of the prefix of keys.
    private static let prefixBytesMax = 128
    private static let urlsMax = 16

    /// Nil without `etcd`.
    init?(_ section: SectionReader) throws(SettingsError) {
        guard let items = try section.list("etcd") else { return nil }
        var urls: [String] = []
        for item in items { urls.append(try Self.url(section, item)) }
        guard (1...Self.urlsMax).contains(urls.count) else {
            throw section.refuse(
                "etcd", section.value("etcd") ?? section.node, "has \(urls.count) addresses.",
                "Name the members of your etcd, 1 to \(Self.urlsMax).")
        }
        for key in ["listen", "client", "data", "quota"] {
            guard let value = section.value(key) else { continue }
            throw section.refuse(key, value, "is for `voters`.", "An etcd of your own is set up by you: take it away.")
        }
        let hasTLS = urls.contains { $0.hasPrefix("https://") }
        guard urls.allSatisfy({ $0.hasPrefix("https://") == hasTLS }) else {
            throw section.refuse(
                "etcd", section.value("etcd") ?? section.node, "has http and https addresses.", "Use one of the two.")
        }
        self.urls = urls
        files = hasTLS ? try LedgerFiles(section) : nil
        let prefix = try section.scalar("prefix")
        self.prefix = prefix?.text ?? "weft/"
        if let (text, node) = prefix {
            let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isPlain, text.hasSuffix("/"), text.utf8.count <= Self.prefixBytesMax else {
                throw section.refuse(
                    "prefix", node, "is `\(SettingsText.shown(text))`.",
                    "Write letters and a slash at the end, as in `weft/`.")
            }
        }
    }

    private static func url(_ section: SectionReader, _ item: SettingsNode) throws(SettingsError) -> String {
        let text = try section.text(of: item, "etcd")
        // Never shown: a password may stand in it.
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            throw section.refuse(
                "etcd", item, "has a name or password in it.", "Leave them out; a certificate says who this node is.")
        }
        let isPlain = text.hasPrefix("http://")
        let rest = isPlain ? text.dropFirst(7) : text.hasPrefix("https://") ? text.dropFirst(8) : ""
        guard let endpoint = Endpoint(String(rest)) else {
            throw section.refuse(
                "etcd", item, "has `\(SettingsText.shown(text))`, which is no address of an etcd.",
                "Write it as in `https://10.0.0.9:2379`.")
        }
        guard !isPlain || endpoint.isLoopback else {
            throw section.refuse(
                "etcd", item, "has `\(SettingsText.shown(text))`: whoever is on the way could write to it.",
                "Use https, or an address of this host.")
        }
        return text
    }
}
