// A client of etcd v3 over its JSON gateway: several endpoints, and the truth about what became of a write.
import Synchronization

/// Reads are asked again at the next endpoint when one fails. Writes only when they were certainly not done: whether one
/// was done is in `EtcdError.outcome`, and who wrote finds out by reading. All calls throw `EtcdError`s and
/// `CancellationError`; a write that is cancelled may be done.
package final class EtcdClient: Sendable {
    let endpoints: [String]
    let exchange: EtcdExchange
    /// The same for streams, which are silent for long.
    let streams: EtcdExchange
    let timeouts: EtcdTimeouts
    private let order: Mutex<EndpointOrder>

    /// To be ended with `shutdown`.
    package init(_ configuration: EtcdConfiguration) throws(EtcdSetupError) {
        guard !configuration.endpoints.isEmpty else { throw EtcdSetupError("no endpoint of etcd is named") }
        for endpoint in configuration.endpoints { try Self.check(endpoint, hasTLS: configuration.tls != nil) }
        endpoints = configuration.endpoints
        timeouts = configuration.timeouts
        exchange = try EtcdExchange(configuration, silence: configuration.timeouts.maintenance)
        streams = try EtcdExchange(configuration, silence: configuration.timeouts.watchSilence)
        order = Mutex(EndpointOrder(count: configuration.endpoints.count))
    }

    private static func check(_ endpoint: String, hasTLS: Bool) throws(EtcdSetupError) {
        let scheme = ["http://", "https://"].first { endpoint.hasPrefix($0) }
        let host = endpoint.dropFirst(scheme?.count ?? 0)
        guard let scheme, !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) || !$0.isASCII }) else {
            throw EtcdSetupError(
                "\(Refusal.printable(endpoint)) is no endpoint of etcd: write http://HOST:PORT or https://HOST:PORT")
        }
        guard !hasTLS || scheme == "https://" else {
            throw EtcdSetupError("there are certificates for etcd, and its endpoint \(endpoint) is not https")
        }
    }

    package func shutdown() async throws {
        try await exchange.shutdown()
        try await streams.shutdown()
    }

    // MARK: Keys

    package func get(_ get: Get, limit: Duration? = nil) async throws -> RangeAnswer {
        var call = EtcdCall("get", "/v3/kv/range", get.json, isWrite: false)
        call.limit = limit
        return try await ask(call) { RangeAnswer(json: $0) }
    }

    /// A transaction without any put or delete is asked again like a read.
    package func transact(_ transaction: Transaction, limit: Duration? = nil) async throws -> TransactionAnswer {
        var call = EtcdCall(
            "transaction", "/v3/kv/txn", transaction.json, isWrite: !transaction.isRead)
        call.limit = limit
        return try await ask(call) { transaction.answer(json: $0) }
    }

    /// The revision with it.
    @discardableResult
    package func put(_ key: [UInt8], _ value: [UInt8], lease: Int64 = 0) async throws -> Int64 {
        let body = RequestText.object { text in
            text.data("key", key)
            text.data("value", value)
            text.number("lease", lease)
        }
        return try await ask(EtcdCall("put", "/v3/kv/put", body, isWrite: true)) { json in
            AnswerText.decode(WrittenPut.self, json)?.header?.revision?.value
        }
    }

    /// How many keys there were.
    @discardableResult
    package func delete(_ keys: KeyRange) async throws -> Int64 {
        let body = RequestText.object { keys.write(to: &$0) }
        return try await ask(EtcdCall("delete", "/v3/kv/deleterange", body, isWrite: true)) { json in
            AnswerText.decode(WrittenDeletion.self, json).map { $0.deleted?.value ?? 0 }
        }
    }

    /// Forgets the history before `revision`; false when it was forgotten already. Done twice it is done once.
    package func compact(before revision: Int64) async throws -> Bool {
        let body = RequestText.object { $0.number("revision", revision) }
        do {
            return try await ask(EtcdCall("compaction", "/v3/kv/compaction", body, isWrite: false)) { _ in true }
        } catch let error as EtcdError where error.isCompacted {
            return false
        }
    }

    /// Whether members agree: a read that needs a quorum is answered (etcdctl's `endpoint health` is the same).
    package func isHealthy(limit: Duration) async throws -> Bool {
        do {
            _ = try await get(Get(.one(Array("health".utf8))), limit: limit)
            return true
        } catch is EtcdError {
            return false
        }
    }

    // MARK: Asking

    /// `read` gives nil for what is no answer to the call.
    func ask<Value>(_ call: EtcdCall, _ read: ([UInt8]) -> Value?) async throws -> Value {
        var last: EtcdError?
        for place in order.withLock({ $0.places }) {
            do {
                return try await ask(call, at: endpoints[place], read)
            } catch let error as EtcdError {
                if case .refused = error.kind { throw error }
                order.withLock { $0.failed(at: place) }
                guard EndpointOrder.decide(error, isWrite: call.isWrite) == .askNext else { throw error }
                last = error
            }
        }
        throw last ?? call.error(.unreachable, .notApplied, at: "", "no endpoint")
    }

    func ask<Value>(_ call: EtcdCall, at endpoint: String, _ read: ([UInt8]) -> Value?) async throws -> Value {
        let json = try await exchange.collect(call, at: endpoint)
        guard let value = read(json) else {
            throw call.error(.unusable, .unknown, at: endpoint, "the answer is not what etcd says")
        }
        return value
    }

    /// Opens a stream at the first endpoint that gives one.
    func open(_ call: EtcdCall) async throws -> EtcdMessages {
        var last: EtcdError?
        for place in order.withLock({ $0.places }) {
            do {
                return try await streams.open(call, at: endpoints[place])
            } catch let error as EtcdError {
                if case .refused = error.kind { throw error }
                order.withLock { $0.failed(at: place) }
                last = error
            }
        }
        throw last ?? call.error(.unreachable, .notApplied, at: "", "no endpoint")
    }
}

extension Transaction {
    /// It changes nothing.
    var isRead: Bool {
        (success + failure).allSatisfy { operation in
            switch operation {
            case .get: true
            case .put, .delete: false
            case .transaction(let inner): inner.isRead
            }
        }
    }
}
