// The client beside servers that hang up, stay silent or talk nonsense: what became of a write is never guessed.
import Logging
import Testing

@testable import Etcd

@Suite struct `A client` {
    private static let put = EtcdCall("put", "/v3/kv/put", Array("{}".utf8), isWrite: true)

    private func client(_ endpoints: [String], _ change: (inout EtcdConfiguration) -> Void = { _ in }) throws
        -> EtcdClient
    {
        var configuration = EtcdConfiguration(
            endpoints: endpoints, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        configuration.timeouts.call = .seconds(60)
        change(&configuration)
        return try EtcdClient(configuration)
    }

    private func error(_ client: EtcdClient, _ body: (EtcdClient) async throws -> Void) async throws -> EtcdError? {
        var found: EtcdError?
        do { try await body(client) } catch let error as EtcdError { found = error }
        try await client.shutdown()
        return found
    }

    private func putError(_ endpoints: [String], _ change: (inout EtcdConfiguration) -> Void = { _ in }) async throws
        -> EtcdError?
    {
        try await error(try client(endpoints, change)) { _ = try await $0.put([1], [2]) }
    }

    /// Nobody listens there.
    private static let nobody = "http://127.0.0.1:1"
    private static let done = #"{"header":{"revision":"5"}}"#

    @Test func `knows that nothing was done where nobody listens`() async throws {
        let error = try await putError([Self.nobody])
        #expect(error?.kind == .unreachable && error?.outcome == .notApplied, "\(String(describing: error))")
    }

    @Test func `goes on to the next endpoint with a write that nobody took`() async throws {
        try await StrangeServer.run(.answer(Self.done)) { server in
            let error = try await putError([Self.nobody, server.endpoint])
            #expect(error == nil)
            #expect(server.requests.count == 1)
            let isPut = server.requests.first?.hasSuffix(#"{"key":"AQ==","value":"Ag=="}"#) == true
            #expect(isPut)
        }
    }

    @Test func `does not know what became of a write when the connection ends, and sends it nowhere else`() async throws
    {
        try await StrangeServer.run(.hangUp) { bad in
            try await StrangeServer.run(.answer(Self.done)) { good in
                let error = try await putError([bad.endpoint, good.endpoint])
                #expect(error?.kind == .lost && error?.outcome == .unknown, "\(String(describing: error))")
                #expect(bad.requests.count == 1 && good.requests.isEmpty)
            }
        }
    }

    @Test func `does not know what became of a write that nobody answers`() async throws {
        try await StrangeServer.run(.keepQuiet) { server in
            let error = try await putError([server.endpoint]) { $0.timeouts.call = .milliseconds(300) }
            #expect(error?.kind == .timedOut && error?.outcome == .unknown, "\(String(describing: error))")
        }
    }

    @Test func `reads elsewhere what it did not hear here`() async throws {
        try await StrangeServer.run(.hangUp) { bad in
            try await StrangeServer.run(.answer(Self.done)) { good in
                let error = try await error(try client([bad.endpoint, good.endpoint])) { client in
                    let range = try await client.get(Get(.one([1])))
                    #expect(range.revision == 5 && range.pairs.isEmpty)
                    // The one that failed is no longer the first.
                    _ = try await client.get(Get(.one([1])))
                    #expect(bad.requests.count == 1 && good.requests.count == 2)
                }
                #expect(error == nil)
            }
        }
    }

    @Test(arguments: ["nonsense", "{}", #"{"header":{"revision":"x"}}"#, ""])
    func `takes nonsense for no answer`(_ text: String) async throws {
        try await StrangeServer.run(.answer(text)) { server in
            let error = try await putError([server.endpoint])
            #expect(error?.kind == .unusable && error?.outcome == .unknown, "\(String(describing: error))")
        }
    }

    @Test func `takes no answer without end`() async throws {
        let long = String(repeating: " ", count: 200_000) + Self.done
        try await StrangeServer.run(.answer(long)) { server in
            let error = try await putError([server.endpoint]) { $0.bounds.answerBytesMax = 100_000 }
            #expect(error?.kind == .unusable && error?.outcome == .unknown, "\(String(describing: error))")
        }
    }

    @Test func `tells a refusal from a failure`() async throws {
        let words = #"{"error":"etcdserver: key is not provided","message":"etcdserver: key is not provided","code":3}"#
        try await StrangeServer.run(.answer("400 Bad Request", words)) { server in
            let error = try await putError([server.endpoint])
            #expect(error?.kind == .refused(code: 3) && error?.outcome == .notApplied)
            #expect(error?.description == "put at etcd \(server.endpoint): etcdserver: key is not provided")
        }
    }

    @Test(arguments: [
        "", "ftp://a", "http://", "127.0.0.1:2379", "http://a/b", "http://a@b", "http://a b", "https://ä",
    ])
    func `takes no endpoint that is none`(_ endpoint: String) {
        #expect(throws: EtcdSetupError.self) { try client([endpoint]) }
    }

    @Test func `does not send its certificate's word over plain HTTP`() {
        #expect(throws: EtcdSetupError.self) {
            try client([Self.nobody]) { $0.tls = EtcdTLS(authorities: [], certificate: [], key: []) }
        }
        #expect(throws: EtcdSetupError.self) {
            try client(["https://127.0.0.1:1"]) { $0.tls = EtcdTLS(authorities: [1], certificate: [2], key: [3]) }
        }
        let tls = EtcdTLS(authorities: [1], certificate: [2], key: [77])
        #expect(!"\(tls)".contains("77") && !String(reflecting: tls).contains("77"))
    }

    @Test func `ends a watch of nonsense`() async throws {
        let created = #"{"result":{"header":{"revision":"4"},"created":true}}"#
        try await StrangeServer.run(.answer(created + "\n\n{\"result\":7}\n")) { server in
            let error = try await error(try client([server.endpoint])) { client in
                var watch = try await client.watch(.one([1]), from: 3)
                _ = try await watch.next()
            }
            #expect(error?.kind == .unusable, "\(String(describing: error))")
        }
    }

    @Test func `ends a watch whose messages have no end`() async throws {
        let long = String(repeating: "a", count: 100_000)
        try await StrangeServer.run(.answer(long)) { server in
            let error = try await error(try client([server.endpoint]) { $0.bounds.watchMessageBytesMax = 1_000 }) {
                _ = try await $0.watch(.one([1]), from: 3)
            }
            #expect(error?.kind == .unusable, "\(String(describing: error))")
        }
    }
}
