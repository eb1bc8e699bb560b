// Several nodes in one process: stores, listeners over loopback, and links between them; what each sends is counted.
import Authority
import Availability
import BlobStore
import Building
import Digests
import Foundation
import HTTPMessages
import HTTPTypes
import Images
import Logging
import Mesh
import Reports
import Synchronization
import SystemPackage
import TLS
import Testing
import Transport

@testable import Peering

/// Whom everybody believes to have everything.
struct SameBeliefs: Beliefs {
    let names: [String]

    func holders(of name: HeldName) async -> [String] { names }
    func note(_ name: HeldName, wasAt node: String, _ wasThere: Bool) {}
}

/// A registry that nobody asks.
struct NoRegistry: HTTPService {
    func answer(_ request: ServedRequest) async -> ServedResponse { ServedResponse(HTTPResponse(status: .notFound)) }
}

/// Passes on what a node answers, unless a test answers itself; counts bytes of blobs, and sends them one after the other.
final class Uplink: HTTPService {
    /// Nil: the node's own answer.
    typealias Instead = @Sendable (ServedRequest, ServedResponse) async -> ServedResponse?

    private struct State {
        var blobBytes: Int64 = 0
        var requests: [String: Int] = [:]
        var isFree = ContinuousClock.now
    }

    private let node: PeerService
    private let partTime: Duration
    private let instead: Instead
    private let state = Mutex(State())

    init(_ node: PeerService, partTime: Duration, _ instead: @escaping Instead) {
        (self.node, self.partTime, self.instead) = (node, partTime, instead)
    }

    /// Of blobs.
    var sentBytes: Int64 { state.withLock { $0.blobBytes } }

    func requests(of path: String) -> Int { state.withLock { $0.requests[path] ?? 0 } }

    func answer(_ request: ServedRequest) async -> ServedResponse {
        let path = String(request.path)
        state.withLock { $0.requests[path, default: 0] += 1 }
        var answer = await node.answer(request)
        if let other = await instead(request, answer) { answer = other }
        guard case .file(let part) = answer.body else { return answer }
        return ServedResponse(
            answer.head, body: .stream(length: part.count) { try await self.send(part, into: $0) })
    }

    /// Piece by piece, so that all who are sent something share the link.
    private func send(_ part: FilePart, into body: Body) async throws {
        let file = FileDescriptor(rawValue: part.descriptor)
        var offset = part.offset
        while offset < part.offset + part.count {
            let count = min(Self.pieceBytes, Int(part.offset + part.count - offset))
            let turn = state.withLock { state in
                state.isFree = max(state.isFree, .now).advanced(by: partTime * count / Int(BlobParts.byteCount))
                state.blobBytes += Int64(count)
                return state.isFree
            }
            try await Task.sleep(until: turn, clock: .continuous)
            let piece = try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
                read = try unsafe file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
            }
            try await body.write(piece)
            offset += Int64(count)
        }
    }

    private static let pieceBytes = 256 << 10
}

final class TestNode: Sendable {
    let name: String
    let store: Store
    let layers: PeerLayers
    let uplink: Uplink
    fileprivate let listener: Listener

    fileprivate init(
        _ name: String, _ nodes: TestNodes, holders: [String], partTime: Duration, _ instead: @escaping Uplink.Instead
    ) async throws {
        self.name = name
        store = try Store(root: nodes.folder.appending(name)) { _ in }
        let threads = BlockingThreads(count: 4)
        let system = MeshSystem(name: name, program: "weft-test", clock: MeshClock(ContinuousClock()))
        let client = try CurrentTLSContext(nodes.settings(.client, name))
        let links = PeerLinks(system: system, context: client, logger: nodes.logger)
        layers = PeerLayers(
            store: store, links: links, threads: threads,
            nodes: { [weak nodes] in nodes?.holders.filter { $0.name != name } ?? [] },
            beliefs: SameBeliefs(names: holders), logger: nodes.logger)
        let service = PeerService(
            system: system, blobs: BlobService(store: store, threads: threads, arriving: layers.arriving),
            registry: NoRegistry(), refusal: { _ in nil }, logger: nodes.logger)
        uplink = Uplink(service, partTime: partTime, instead)
        listener = try await Listener.bind(
            address: "127.0.0.1", port: 0, tls: try CurrentTLSContext(nodes.settings(.server, name)), service: uplink,
            limits: .peers, logger: nodes.logger)
    }

    /// Whether it was found.
    func fetch(_ blob: TestBlob, _ report: @escaping @Sendable (BuildEvent) -> Void = { _ in }) async throws -> Bool {
        let descriptor = Descriptor(mediaType: .ociLayerTar, digest: blob.digest, size: Int64(blob.bytes.count))
        return try await layers.bring(blob: descriptor, of: blob.digest, report: report)
    }

    func has(_ blob: TestBlob) throws -> Bool {
        try store.blobs.read(blob.digest, atMost: blob.bytes.count) == blob.bytes
    }
}

struct TestBlob: Sendable {
    let bytes: [UInt8]
    let digest: BlobDigest

    /// So many parts, the last of a few bytes; all differ.
    init(parts: Int) {
        bytes = (0..<parts).flatMap { part in
            [UInt8](repeating: UInt8(part + 1), count: part == parts - 1 ? 1_234 : Int(BlobParts.byteCount))
        }
        digest = BlobDigest(of: bytes)
    }

    var size: Int64 { Int64(bytes.count) }
    func part(_ number: Int) -> [UInt8] {
        Array(bytes.dropFirst(number * Int(BlobParts.byteCount)).prefix(Int(BlobParts.byteCount)))
    }
}

/// All nodes of a test.
final class TestNodes: Sendable {
    let folder: FilePath
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let authority: MeshAuthority
    private let nodes = Mutex<[TestNode]>([])

    init() throws {
        folder = FilePath(FileManager.default.temporaryDirectory.path + "/weft-nodes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        authority = try MeshAuthority.create(name: "test", now: Int64(Date().timeIntervalSince1970))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    fileprivate var holders: [PeerLayers.Holder] {
        nodes.withLock { nodes in
            nodes.map { .init(name: $0.name, address: PeerAddress(host: "127.0.0.1", port: $0.listener.port)) }
        }
    }

    fileprivate func settings(_ side: TLSSettings.Side, _ name: String) throws -> TLSSettings {
        let subject = try CertificateSubject(
            name: name, role: .node, classes: [], addresses: [HostAddress("127.0.0.1")])
        let key = NodeKey()
        let issued = try authority.issue(
            subject, to: key.publicKey, seconds: MeshAuthority.day, now: Int64(Date().timeIntervalSince1970))
        let identity = TLSSettings.Identity(certificates: Array(issued.pem.utf8), key: Array(try key.pem().utf8))
        return .peers(side, identity: identity, authorities: Array(authority.certificate.pem.utf8))
    }

    /// A node that has blobs.
    /// - Parameters:
    ///   - holders: who it believes to have everything.
    ///   - partTime: what it takes to send a part.
    func add(
        _ name: String, _ blobs: [TestBlob] = [], holders: [String] = ["maker"], partTime: Duration = .zero,
        _ instead: @escaping Uplink.Instead = { _, _ in nil }
    ) async throws -> TestNode {
        let node = try await TestNode(name, self, holders: holders, partTime: partTime, instead)
        for blob in blobs { try node.store.blobs.write { try $0.append(blob.bytes) } }
        nodes.withLock { $0.append(node) }
        return node
    }

    /// Runs the listeners of all that were added.
    func running(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes.withLock({ $0 }) { group.addTask { await node.listener.run() } }
            try await body()
            group.cancelAll()
        }
    }
}
