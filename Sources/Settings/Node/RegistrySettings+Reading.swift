// `registry` of a node's config.

extension RegistrySettings {
    init(_ section: SectionReader, node tls: TLSFiles?) throws(SettingsError) {
        listen = try section.endpoint("listen") ?? Endpoint(host: "127.0.0.1", port: 5080)
        advertise = try section.endpoint("advertise") ?? listen
        let own = try section.section("tls").map { inner throws(SettingsError) in try KeyPair(inner) }
        let isLocal = listen.isLoopback
        self.tls = own ?? (isLocal ? nil : tls.map { KeyPair(certificate: $0.certificate, key: $0.key) })
        if self.tls == nil, !isLocal, let value = section.value("listen") {
            throw section.refuse(
                "listen", value, "is \(listen), which other hosts reach, and there is no certificate.",
                "Add `tls`, or listen at 127.0.0.1.")
        }
        let auth = try section.inside("auth")
        anonymousPull = try auth.bool("anonymousPull") ?? isLocal
        users = try auth.file("users")
        push = try RepoRule.all(section, "push", allowsAnyone: false) ?? []
        pull = try RepoRule.all(section, "pull", allowsAnyone: true) ?? RepoRule.everything
        upstreams = try Upstream.all(section)
    }
}

extension KeyPair {
    init(_ section: SectionReader) throws(SettingsError) {
        certificate = try section.required("certificate", try section.file("certificate"))
        key = try section.required("key", try section.file("key"))
    }
}

extension RepoRule {
    static var everything: [RepoRule] { RepoPattern("**").map { [RepoRule(repos: [$0], who: [.anyone])] } ?? [] }

    static func all(_ section: SectionReader, _ key: String, allowsAnyone: Bool) throws(SettingsError) -> [RepoRule]? {
        guard let sections = try section.sections(key) else { return nil }
        var rules: [RepoRule] = []
        for inner in sections {
            let repos = try inner.required("repos", try inner.patterns("repos"))
            let who = try inner.required("who", try principals(inner, allowsAnyone: allowsAnyone))
            rules.append(RepoRule(repos: repos, who: who))
        }
        return rules
    }

    private static func principals(
        _ section: SectionReader, allowsAnyone: Bool
    ) throws(SettingsError) -> [Principal]? {
        guard let items = try section.list("who") else { return nil }
        var principals: [Principal] = []
        for item in items {
            let text = try section.text(of: item, "who")
            guard let principal = Principal(text) else {
                throw section.refuse(
                    "who", item, "has `\(SettingsText.shown(text))`.",
                    "Write user:NAME, client:NAME, node:NAME or class:NAME" + (allowsAnyone ? ", or anyone." : "."))
            }
            guard allowsAnyone || principal != .anyone else {
                throw section.refuse(
                    "who", item, "has `anyone`: nobody pushes without a name.",
                    "Name users, clients, nodes or classes.")
            }
            principals.append(principal)
        }
        return principals
    }
}

extension Upstream {
    /// Bytes of a URL.
    private static let urlBytesMax = 1_024

    static func all(_ section: SectionReader) throws(SettingsError) -> [Upstream] {
        var upstreams: [Upstream] = []
        for inner in try section.sections("upstreams") ?? [] {
            let next = Upstream(
                name: try inner.required("name", try inner.name("name")),
                url: try inner.required("url", try url(inner)),
                allow: try inner.required("allow", try inner.patterns("allow")))
            guard !upstreams.contains(where: { $0.name == next.name }) else {
                throw inner.source.error(
                    inner.node, "the upstream `\(next.name)` is there twice.", "Keep one of the two.")
            }
            upstreams.append(next)
        }
        return upstreams
    }

    /// `http(s)://HOST[:PORT][/PATH]`: no name or password, no query, no `..`.
    private static func url(_ section: SectionReader) throws(SettingsError) -> String? {
        guard let (text, node) = try section.scalar("url") else { return nil }
        // Never shown: a password may stand in it.
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            throw section.refuse(
                "url", node, "has a name or password in it.", "Leave them out; credentials are docker's, of the host.")
        }
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        let host = parts.first.map(String.init) ?? ""
        let isHost = Endpoint(host) != nil || Endpoint(host + ":443") != nil
        let path = parts.dropFirst().joined(separator: "/")
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard isHost, text.utf8.count <= urlBytesMax,
            trimmed.isEmpty || RepoPattern(trimmed) != nil && !trimmed.utf8.contains(UInt8(ascii: "*"))
        else {
            throw section.refuse(
                "url", node, "is `\(SettingsText.shown(text))`, which is no address of a registry.",
                "Write it as in `https://registry-1.docker.io`.")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
