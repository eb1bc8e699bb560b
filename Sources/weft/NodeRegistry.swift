// The registry that a node is: its contents, who may do what, and what peers are asked for.
import Authority
import BlobStore
import Building
import HTTPMessages
import Logging
import Peering
import RegistryServer
import Settings
import SystemPackage
import TLS
import Transport

struct NodeRegistry {
    /// For docker and people, with what peers have.
    let service: RegistryService
    /// For peers: only what is here, so that nobody is asked in a circle.
    let forPeers: RegistryService

    /// Threads that compress one layer.
    private static let compressionCores = 2

    init(
        _ settings: RegistrySettings, store: Store, threads: BlockingThreads, missing: any MissingContents,
        logger: Logger
    ) throws {
        let contents = StoredContents(store: store, cores: Self.compressionCores)
        let rights = SettingsRights(try Self.rights(settings), certificateNames: Self.names)
        service = RegistryService(
            contents: contents, missing: missing, rights: rights,
            upstreams: Set(settings.upstreams.map(\.name)), threads: threads, log: { logger.warning("\($0)") })
        forPeers = RegistryService(
            contents: contents, rights: NodeRights(), threads: threads, log: { logger.warning("\($0)") })
    }

    private static func names(in certificate: [UInt8]) -> Set<String> {
        guard let peer = try? CertifiedPeer(der: certificate) else { return [] }
        return Set([peer.name] + peer.classes.map { "class:" + $0 })
    }

    private static func rights(_ settings: RegistrySettings) throws -> RightsSettings {
        var rights = RightsSettings()
        if let users = settings.users {
            rights.tokens = try RegistryTokens(file: FilePath(users)).hashesByName.compactMap {
                TokenRecord(user: $0, hash: $1)
            }
        }
        for rule in settings.push { rights.grants += grants(rule, [.pull, .push, .delete], settings) }
        for rule in settings.pull { rights.grants += grants(rule, [.pull], settings) }
        return rights
    }

    private static func grants(
        _ rule: RepoRule, _ actions: Set<RegistryAction>, _ settings: RegistrySettings
    ) -> [RightsSettings.Grant] {
        rule.who.flatMap { principal -> [RightsSettings.Grant] in
            let who: RightsSettings.Who =
                switch principal {
                case .user(let name): .user(name)
                case .client(let name), .node(let name): .certificate(name)
                case .ofClass(let name): .certificate("class:" + name)
                case .anyone: settings.anonymousPull ? .anyone : .anyoneKnown
                }
            return rule.repos.map { RightsSettings.Grant(who: who, actions: actions, repos: $0) }
        }
    }

    /// Binds the listener that the settings name.
    func listen(_ settings: RegistrySettings, logger: Logger) async throws -> Listener {
        let tls = try settings.tls.map { pair in
            try CurrentTLSContext(
                .registry(
                    identity: TLSSettings.Identity(
                        certificates: Array(try CertificateFiles.read(FilePath(pair.certificate)).utf8),
                        key: Array(try CertificateFiles.read(FilePath(pair.key)).utf8))))
        }
        return try await Listener.bind(
            address: settings.listen.host, port: settings.listen.port, tls: tls, service: service, limits: .registry,
            logger: logger)
    }
}
