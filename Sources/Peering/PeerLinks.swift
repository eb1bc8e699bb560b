// Connections to other nodes: one for calls and one for bytes each, made when first asked for, made anew when they end.
import Building
import HTTPMessages
import HTTPTypes
package import Logging
package import Mesh
import Synchronization
package import TLS
import Transport

/// A node could not be reached, or broke off: another try, or another node, may do.
package struct NodeTrouble: RetryableFailure, UnreachedNode, CustomStringConvertible {
    package let description: String
    package let isAbsent: Bool

    init(_ description: String, isAbsent: Bool = false) {
        self.description = description
        self.isAbsent = isAbsent
    }
}

package final class PeerLinks: Sendable {
    /// Who was reached, and how the link to it ended.
    package struct Ended: Sendable {
        package let name: String
        package let reason: String
    }

    /// From the first packet to the peer's hello.
    private static let connectTimeMax = Duration.seconds(5)
    /// A peer that says nothing for so long is gone.
    private static let silenceMax = Duration.seconds(6)

    private struct State {
        /// By the address that was dialled: the peer's name.
        var names: [PeerAddress: String] = [:]
        var addresses: [String: PeerAddress] = [:]
        var streams: [PeerAddress: PeerConnection] = [:]
        var listener: (@Sendable (Ended) -> Void)?
    }

    private struct Dialled: Sendable {
        let link: BodyLink
        let connection: PeerConnection
        let isReady: @Sendable (LinkEnd?) -> Void
    }

    package let system: MeshSystem
    private let context: CurrentTLSContext
    private let logger: Logger
    private let dialled: AsyncStream<Dialled>
    private let dialler: AsyncStream<Dialled>.Continuation
    /// One caller at a time dials an address; who comes second finds what the first made.
    private let gate = KeyedFlights<PeerAddress>()
    private let state = Mutex(State())

    package init(system: MeshSystem, context: CurrentTLSContext, logger: Logger) {
        self.system = system
        self.context = context
        self.logger = logger
        // As many as there are nodes; each is taken at once.
        (dialled, dialler) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    /// From now on `listener` hears of links that ended, and nobody else does; it returns at once.
    package func hear(_ listener: @escaping @Sendable (Ended) -> Void) { state.withLock { $0.listener = listener } }

    /// Runs the links that were dialled; ends when the task is cancelled. Called once: what is dialled later gets no link.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await link in dialled { group.addTask { await self.run(link) } }
            group.cancelAll()
        }
    }

    private func run(_ dialled: Dialled) async {
        let name = dialled.link.peer.name
        let end = await system.serve(dialled.link) { _ in dialled.isReady(nil) }
        dialled.isReady(end)
        dialled.connection.close()
        forget(name)
        logger.info("a link ended", metadata: ["peer": "\(name)", "reason": "\(end)"])
        state.withLock { $0.listener }?(Ended(name: name, reason: "\(end)"))
    }

    private func forget(_ name: String) {
        state.withLock { state in
            guard let address = state.addresses.removeValue(forKey: name) else { return }
            state.names[address] = nil
            state.streams.removeValue(forKey: address)?.close()
        }
    }

    // MARK: Calls

    /// The node behind `address`, with a link to it. Throws `NodeTrouble`.
    package func node(at address: PeerAddress) async throws -> (name: String, desk: NodeDesk) {
        try await gate.run(address) {
            if let name = state.withLock({ $0.names[address] }) { return (name, try NodeDesk.at(name, from: system)) }
            let name = try await dial(address)
            return (name, try NodeDesk.at(name, from: system))
        }
    }

    private func dial(_ address: PeerAddress) async throws -> String {
        do {
            let connection = try await connect(address)
            guard let certificate = connection.certificate else {
                throw NodeTrouble("\(address) showed no certificate")
            }
            let peer = try PeerIdentity(certificate: certificate)
            guard peer.role == .node else { throw NodeTrouble("\(address) is \(peer.name), which is no node") }
            let outgoing = Body()
            let (head, incoming) = try await connection.exchange(.peer(.post, PeerPath.calls), body: outgoing)
            guard head.status == .ok else {
                throw NodeTrouble("\(address) refused: \(await Self.text(of: incoming, head))")
            }
            let end = await greet(BodyLink(peer: peer, incoming: incoming, outgoing: outgoing), over: connection)
            if let end { throw NodeTrouble("no link to \(address): \(end)") }
            state.withLock { state in
                state.names[address] = peer.name
                state.addresses[peer.name] = address
            }
            return peer.name
        } catch let trouble as NodeTrouble {
            throw trouble
        } catch is CancellationError {
            throw CancellationError()
        } catch TransportFailure.absent {
            throw NodeTrouble("nobody listens at \(address): the connection was refused", isAbsent: true)
        } catch {
            throw NodeTrouble("no link to \(address): \(error)")
        }
    }

    /// Nil when both have said hello.
    private func greet(_ link: BodyLink, over connection: PeerConnection) async -> LinkEnd? {
        let once = OnceAnswer<LinkEnd?>()
        let yielded = dialler.yield(Dialled(link: link, connection: connection) { once.give($0) })
        if case .terminated = yielded { return .left("this side has ended") }
        return await once.value(ifCancelled: .left("it was cancelled"))
    }

    private func connect(_ address: PeerAddress) async throws -> PeerConnection {
        var limits = LinkLimits.peers
        limits.silenceTimeMax = Self.silenceMax
        return try await PeerConnection.connect(
            to: address.host, port: address.port, tls: PeerTLS(context: context.current, name: address.tlsName),
            deadline: Self.connectTimeMax, limits: limits, logger: logger)
    }

    // MARK: Bytes

    /// A connection for blobs and files, apart from calls, which they would hold up. Throws `NodeTrouble`.
    func stream(to address: PeerAddress) async throws -> PeerConnection {
        try await gate.run(address) {
            if let known = state.withLock({ $0.streams[address] }), known.isUsable { return known }
            do {
                let made = try await connect(address)
                state.withLock { $0.streams[address] = made }
                return made
            } catch let failure as TransportFailure {
                throw NodeTrouble("no connection to \(address): \(failure)")
            }
        }
    }

    /// What a peer says about a refusal.
    static func text(of body: Body, _ head: HTTPResponse) async -> String {
        let bytes = (try? await body.bytes(atMost: 4_096)) ?? []
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        return text.isEmpty ? "status \(head.status.code)" : text
    }
}
