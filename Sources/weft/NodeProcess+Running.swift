// A node from its first listener to its last: what runs meanwhile, and how it ends in order.
import Authority
import Availability
import BlobStore
import Foundation
import HTTPMessages
import Logging
import Membership
import Mesh
import Peering
import Registry
import Sandbox
import Settings
import TLS
import Transport

extension NodeProcess {
    /// Runs until a signal asks for the end, and until what runs then has ended or its time is over.
    func run() async throws {
        let listeners = try await listen()
        logger.notice(
            "weft node \(settings.name) is up",
            metadata: [
                "peers": "\(peers.listen)", "registry": "\(settings.registry.listen)", "store": "\(settings.store)",
                "slots": "\(settings.capacity.slots)",
            ])
        member.tell(.join(peers.join.map(\.description)))
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = StopSignals()
        signals.call { stop.finish() }
        await withDiscardingTaskGroup { group in
            for listener in listeners { group.addTask { await listener.run() } }
            group.addTask { await links.run() }
            group.addTask { await member.run() }
            group.addTask { await availability.run() }
            group.addTask { await tellHoldings() }
            group.addTask { await claims.run() }
            group.addTask { await ledger?.run() }
            group.addTask { await keepNetworks() }
            group.addTask { await StoreCleaning.keep(store, within: settings.capacity, on: threads, logger) }
            group.addTask { await reload() }
            group.addTask { await keepCertificate() }
            for await _ in stopped {}
            await end(listeners)
            group.cancelAll()
        }
        try? await registry.shutdown()
        try? FileManager.default.removeItem(atPath: NodeParts.stateRoot(of: store.work.path))
        try? store.close()
        logger.notice("weft node \(settings.name) has ended")
    }

    private func keepNetworks() async {
        do {
            try await networks?.serve()
        } catch { logger.error("steps get no networks of their own any more", metadata: ["reason": "\(error)"]) }
    }

    /// Between two looks at what came to the store, or went; more where a look takes long, as when events were lost.
    private static let storeInterval = Duration.milliseconds(200)
    private static let storePausesPerLook = 10

    /// Tells the mesh what the store holds, and keeps who is there to be told.
    private func tellHoldings() async {
        do {
            let watch = try StoreWatch(store)
            var met: [Holdings.Peer] = []
            while !Task.isCancelled {
                let begun = ContinuousClock.now
                let news = try await withTaskExecutorPreference(threads) { try watch.news() }
                await availability.note(
                    held: news.held.map { HeldName($0) }, dropped: news.dropped.map { HeldName($0) })
                let peers = view.peers
                if peers != met { await availability.meet(peers) }
                met = peers
                let took = begun.duration(to: .now)
                try await Task.sleep(for: max(Self.storeInterval, took * Self.storePausesPerLook))
            }
        } catch is CancellationError {
        } catch {
            logger.error("what this node holds is not told any more", metadata: ["reason": "\(error)"])
        }
    }

    private func listen() async throws -> [Listener] {
        let service = PeerService(
            system: links.system, blobs: BlobService(store: store, threads: threads, arriving: layers.arriving),
            registry: ownRegistry.forPeers, refusal: { [denied] in denied.refusal(of: $0) }, logger: logger)
        let peerListener = try await Listener.bind(
            address: peers.listen.host, port: peers.listen.port, tls: serverTLS, service: service, limits: .peers,
            logger: logger)
        let registryListener = try await ownRegistry.listen(settings.registry, logger: logger)
        guard let metrics = settings.metrics else { return [peerListener, registryListener] }
        let sources = NodeMetrics.Sources(
            card: { [host] in host.card() }, rows: { [view] in view.rows }, member: member,
            availability: availability, calls: links.system.counts, claims: claims, verdicts: verdicts, layers: layers,
            registry: ownRegistry.service,
            traffic: { [("peers", peerListener.traffic), ("registry", registryListener.traffic)] },
            certificateEnd: { [files] in (try? files.read())?.peer.notAfter ?? 0 })
        let metricsListener = try await Listener.bind(
            address: metrics.host, port: metrics.port, tls: nil, service: NodeMetrics(sources: sources),
            limits: .registry, logger: logger)
        return [peerListener, registryListener, metricsListener]
    }

    /// Takes nothing new, lets what runs end, and says goodbye.
    private func end(_ listeners: [Listener]) async {
        host.drain("it was asked to end")
        let deadline = ContinuousClock.now.advanced(by: settings.drainTimeout)
        while host.card().running > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(100))
        }
        member.tell(.leave)
        // Some rounds of gossip spread it.
        try? await Task.sleep(for: .seconds(1))
        links.system.leave("it was asked to end")
        for listener in listeners { await listener.drain(within: .seconds(2)) }
    }

    /// Between two looks at whether certificates changed.
    private static let reloadInterval = Duration.seconds(15)

    /// Between two looks at whether the certificate is to be renewed.
    private static let renewalInterval = Duration.seconds(60)
    /// Until the first: whoever has the authority's key is met meanwhile.
    private static let renewalStart = Duration.seconds(3)

    private func keepCertificate() async {
        var pause = Self.renewalStart
        while (try? await Task.sleep(for: pause)) != nil {
            pause = Self.renewalInterval
            do {
                switch try await certificates.renew(asking: view.nearest, over: links) {
                case .notDue: break
                case .renewed(let peer, let giver):
                    logger.notice(
                        "the certificate was renewed", metadata: ["peer": "\(giver)", "until": "\(peer.notAfter)"])
                case .failed(let reason):
                    logger.warning("the certificate is to be renewed, and was not", metadata: ["reason": "\(reason)"])
                }
            } catch {
                logger.error("the certificate was not renewed", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// New certificates and deny lists are used for new connections.
    private func reload() async {
        var seen = files.changedAt
        while (try? await Task.sleep(for: Self.reloadInterval)) != nil {
            guard files.changedAt != seen else { continue }
            seen = files.changedAt
            do {
                let read = try files.read()
                try serverTLS.replace(by: read.settings(.server))
                try clientTLS.replace(by: read.settings(.client))
                denied.replace(by: try files.denyList())
                try rekey(read)
                logger.notice("certificates were read again", metadata: ["until": "\(read.peer.notAfter)"])
            } catch {
                logger.error("certificates were not read again", metadata: ["reason": "\(error)"])
            }
        }
    }
}
