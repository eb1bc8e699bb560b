// Why a call to etcd gave no answer, and above all what became of a write.

package struct EtcdError: Error, Hashable, CustomStringConvertible, Sendable {
    package enum Kind: Hashable, Sendable {
        /// etcd understood, and said no. `code` is gRPC's.
        case refused(code: Int)
        /// There was no connection.
        case unreachable
        /// Members can't agree: there is no leader, or no quorum.
        case noLeader
        case timedOut
        /// The connection ended in the middle.
        case lost
        /// The answer is no answer of etcd's, or is too large.
        case unusable
    }

    package enum Outcome: Hashable, Sendable {
        /// A write was not done, and never will be.
        case notApplied
        /// A write may have been done, or may be done yet.
        case unknown
    }

    package let kind: Kind
    package let outcome: Outcome
    /// The call: "put".
    package let call: String
    package let endpoint: String
    package let reason: String

    package init(_ kind: Kind, _ outcome: Outcome, call: String, endpoint: String, reason: String) {
        self.kind = kind
        self.outcome = outcome
        self.call = call
        self.endpoint = endpoint
        self.reason = reason
    }

    package var description: String {
        let doubt = outcome == .unknown ? ", and whether it was done is unknown" : ""
        return "\(call) at etcd \(endpoint): \(reason)\(doubt)"
    }

    /// The revision that was asked for is history that etcd no longer has.
    package var isCompacted: Bool {
        if case .refused(code: GRPCCode.outOfRange) = kind { return reason.contains("compacted") }
        return false
    }

    package var isNotFound: Bool { kind == .refused(code: GRPCCode.notFound) }

    /// The database has reached its quota.
    package var isFull: Bool {
        if case .refused(code: GRPCCode.resourceExhausted) = kind { return reason.contains("space exceeded") }
        return false
    }
}

enum GRPCCode {
    static let cancelled = 1
    static let unknown = 2
    static let deadlineExceeded = 4
    static let notFound = 5
    static let resourceExhausted = 8
    static let aborted = 10
    static let outOfRange = 11
    static let internalError = 13
    static let unavailable = 14
    static let dataLoss = 15
}
