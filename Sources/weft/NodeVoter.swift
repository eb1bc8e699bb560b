// How this node's member of etcd is set up: its addresses, its certificates, and who the others are.
import Etcd
import Foundation
import Settings
import SystemPackage

struct NodeVoter: Sendable {
    private let name: String
    private let others: [String]
    private let own: VoterSettings
    private let advertise: String
    /// Where a node of that name is called by its peers; nil until this node has met it.
    private let peer: @Sendable (String) -> Endpoint?

    /// Between two looks at whether all others were met.
    private static let meetingPause = Duration.milliseconds(200)
    /// Members of meshes that were told other names never mix.
    private static let token = "weft-ledger"

    init(
        _ settings: NodeSettings, _ names: [String], _ own: VoterSettings,
        _ peer: @escaping @Sendable (String) -> Endpoint?
    ) {
        name = settings.name
        others = names.filter { $0 != settings.name }
        self.own = own
        self.peer = peer
        advertise = Self.url(settings.peers?.advertise.host ?? own.listen.host, own.listen.port)
    }

    var clientURL: String { Self.url(own.client.host, own.client.port) }

    private static func url(_ host: String, _ port: Int) -> String { "https://\(Endpoint(host: host, port: port))" }

    private var data: FilePath { FilePath(own.data).appending("etcd") }

    /// There once this voter has agreed with the others.
    private var joined: FilePath { FilePath(own.data).appending("joined") }

    private var hasData: Bool { FileManager.default.fileExists(atPath: data.appending("member").string) }

    /// Waits until the others were met, where there is no data yet: etcd asks for their addresses once.
    func configuration() async throws -> MemberConfiguration {
        var members = [MemberConfiguration.Peer(name: name, url: advertise)]
        if !hasData {
            guard !FileManager.default.fileExists(atPath: joined.string) else { throw LostData(name: name, data: data) }
            for other in others { members.append(.init(name: other, url: try await url(of: other))) }
        }
        try FileManager.default.createDirectory(
            atPath: data.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var configuration = MemberConfiguration(
            name: name, dataFolder: data, clientURL: clientURL,
            peerListenURL: Self.url(own.listen.host, own.listen.port),
            members: members.sorted { $0.name < $1.name }, state: .new, clusterToken: Self.token)
        let files = MemberConfiguration.TLSFiles(
            certificate: FilePath(own.files.certificate), key: FilePath(own.files.key),
            authorities: FilePath(own.files.authority))
        (configuration.clientTLS, configuration.peerTLS) = (files, files)
        configuration.quotaBytes = Int64(own.quota)
        return configuration
    }

    private func url(of other: String) async throws -> String {
        while true {
            if let peer = peer(other) { return Self.url(peer.host, own.listen.port) }
            try await Task.sleep(for: Self.meetingPause)
        }
    }

    func noteJoined() throws {
        guard !FileManager.default.fileExists(atPath: joined.string) else { return }
        try Data("\(others.joined(separator: " "))\n".utf8).write(
            to: URL(fileURLWithPath: joined.string), options: .atomic)
    }

    /// A voter that forgot what it had agreed to could agree to something else (Raft keeps its vote on the disk).
    private struct LostData: Error, CustomStringConvertible {
        let name: String
        let data: FilePath

        var description: String {
            "the data of the voter \(name) is gone from \(data), and it was one of the ledger: it must not begin anew. "
                + "`weft mesh voter replace \(name)` takes it in as a new one; the others go on meanwhile"
        }
    }
}
