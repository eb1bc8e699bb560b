// One call to etcd: where it goes, what it may cost, and whether asking twice could do it twice.

struct EtcdCall: Sendable {
    /// For messages.
    let name: String
    let path: String
    let body: [UInt8]
    /// Done twice it would do something twice.
    let isWrite: Bool
    var limit: Duration?

    init(_ name: String, _ path: String, _ body: [UInt8], isWrite: Bool) {
        self.name = name
        self.path = path
        self.body = body
        self.isWrite = isWrite
    }

    func error(
        _ kind: EtcdError.Kind, _ outcome: EtcdError.Outcome, at endpoint: String, _ reason: String
    ) -> EtcdError {
        // What only reads changes nothing, whatever became of it.
        EtcdError(kind, isWrite ? outcome : .notApplied, call: name, endpoint: endpoint, reason: reason)
    }
}
