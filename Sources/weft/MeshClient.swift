// A client's way into a mesh: its config, its certificate, and links to nodes.
import Authority
import Logging
import Mesh
import Peering
import Settings
import SystemPackage
import TLS

struct MeshClient {
    let settings: ClientSettings
    let name: String
    /// Of its certificate.
    let classes: [String]
    let links: PeerLinks
    let verdicts: StepVerdicts
    /// The fingerprint of its authority: two meshes never have the same.
    let mesh: String

    /// Nil where no config says that there is a mesh.
    static func open(_ option: String?, _ logger: Logger) throws -> MeshClient? {
        guard let settings = try SettingsFile.client(option: option) else { return nil }
        return try MeshClient(settings, logger)
    }

    init(_ settings: ClientSettings, _ logger: Logger) throws {
        self.settings = settings
        let files = MeshFiles(
            certificate: settings.certificate, key: settings.key, authority: settings.authority, denied: nil)
        let read = try files.read()
        mesh = try AuthorityCertificate(file: FilePath(settings.authority)).fingerprint
        (name, classes) = (read.peer.name, read.peer.classes)
        guard read.peer.classes.contains(settings.buildClass) else {
            throw UsageError(
                "`class` of the mesh's config is `\(settings.buildClass)`, and \(settings.certificate) has "
                    + (read.peer.classes.isEmpty ? "none" : read.peer.classes.joined(separator: ", ")))
        }
        if read.peer.validity(at: NodeParts.now() / 1_000) == .expired {
            throw UsageError(
                "\(settings.certificate) has expired: `weft ca renew \(name)` makes a new one where the authority's key is"
            )
        }
        // Clients have no deny list: nodes give nothing of whom theirs denies.
        verdicts = try StepVerdicts(files, signer: nil, denial: { _ in nil }, logger)
        let system = MeshSystem(name: name, program: "weft-" + Weft.version, clock: MeshClock(ContinuousClock()))
        links = PeerLinks(system: system, context: try CurrentTLSContext(read.settings(.client)), logger: logger)
    }

    var join: [PeerAddress] { settings.join.map { PeerAddress(host: $0.host, port: $0.port) } }

    /// Runs `body` while the links run.
    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { [links] in
                await links.run()
                return nil
            }
            group.addTask { try await body() }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw CancellationError()
        }
    }

    /// The first node of the config that answers, and what each of the others said.
    func desk() async throws -> NodeDesk {
        var reasons: [String] = []
        for address in join {
            do {
                return try await links.node(at: address).desk
            } catch { reasons.append("\(address): \(error)") }
        }
        throw UsageError("no node of the mesh answers:\n  " + reasons.joined(separator: "\n  "))
    }
}
