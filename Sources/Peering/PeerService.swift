// What a node answers on its peers listener: calls, blobs and files of contexts; only to certificates of its mesh.
import BlobStore
import Building
import Digests
package import HTTPMessages
import HTTPTypes
package import Logging
package import Mesh
import Transport

package struct PeerService: HTTPService {
    private let system: MeshSystem
    private let blobs: BlobService
    private let registry: any HTTPService
    private let refusal: @Sendable ([UInt8]) -> String?
    private let logger: Logger

    /// - Parameters:
    ///   - registry: answers under `/v2/`, to nodes.
    ///   - refusal: why a certificate counts no more; nil when it does.
    package init(
        system: MeshSystem, blobs: BlobService, registry: any HTTPService,
        refusal: @escaping @Sendable ([UInt8]) -> String?, logger: Logger
    ) {
        self.system = system
        self.blobs = blobs
        self.registry = registry
        self.refusal = refusal
        self.logger = logger
    }

    package func answer(_ request: ServedRequest) async -> ServedResponse {
        let peer: PeerIdentity
        do {
            peer = try identify(request.caller)
        } catch {
            logger.warning("a peer was refused", metadata: ["peer": "\(request.caller.address)", "reason": "\(error)"])
            return .text(.forbidden, "\(error)")
        }
        switch (request.head.method, String(request.path)) {
        case (.post, PeerPath.calls): return calls(with: peer, request)
        case (.post, PeerPath.files): return await blobs.takeFiles(request)
        case (.post, PeerPath.wantedFiles): return await blobs.sendFiles(request)
        case (.get, let path) where path.hasPrefix(PeerPath.blobs): return blobs.send(path, request)
        case (.put, let path) where path.hasPrefix(PeerPath.blobs): return await blobs.take(path, request)
        case (.get, let path) where path.hasPrefix(PeerPath.parts): return blobs.sayParts(path, to: peer)
        case (.get, let path) where path.hasPrefix(PeerPath.partDigests): return blobs.sendPartDigests(path, to: peer)
        case (_, let path) where path.hasPrefix(PeerPath.registry) && peer.role == .node:
            return await registry.answer(request)
        default: return .text(.notFound, "there is no \(request.path) here")
        }
    }

    private struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private func identify(_ caller: Caller) throws -> PeerIdentity {
        guard let certificate = caller.certificate else { throw Refused(description: "a certificate is needed") }
        if let reason = refusal(certificate) { throw Refused(description: reason) }
        return try PeerIdentity(certificate: certificate)
    }

    /// The link lives as long as the exchange.
    private func calls(with peer: PeerIdentity, _ request: ServedRequest) -> ServedResponse {
        let (system, logger) = (system, logger)
        return ServedResponse(
            HTTPResponse(status: .ok),
            body: .stream(length: nil) { writer in
                let link = BodyLink(peer: peer, incoming: request.body, outgoing: writer)
                let end = await system.serve(link)
                logger.info("a link ended", metadata: ["peer": "\(peer.name)", "reason": "\(end)"])
            })
    }
}

extension ServedResponse {
    static func text(_ status: HTTPResponse.Status, _ text: String) -> ServedResponse {
        ServedResponse(HTTPResponse(status: status), body: .bytes(Array((text + "\n").utf8)))
    }
}
