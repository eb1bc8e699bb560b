// Sorts what etcd says when it does not do what it was asked: was a write done?

struct Refusal: Hashable {
    let kind: EtcdError.Kind
    let outcome: EtcdError.Outcome
    let reason: String

    /// Longest piece of etcd's own words that is kept, in characters.
    private static let reasonCharactersMax = 300

    /// `status` is HTTP's; `body` may be anything.
    init(status: Int, body: [UInt8]) {
        guard let written = AnswerText.decode(WrittenRefusal.self, body), written.code != nil || written.message != nil
        else {
            // A proxy, or no etcd at all: who knows what it did before.
            self.init(.unusable, .unknown, "it answered with HTTP status \(status) and no reason")
            return
        }
        self.init(written)
    }

    private init(_ kind: EtcdError.Kind, _ outcome: EtcdError.Outcome, _ reason: String) {
        self.kind = kind
        self.outcome = outcome
        self.reason = reason
    }

    init(_ written: WrittenRefusal) {
        let code = written.code ?? written.grpc_code ?? GRPCCode.unknown
        let message = Self.printable(written.message ?? "it gave no reason")
        reason = message
        switch code {
        case GRPCCode.unavailable where message.contains("no leader"):
            // Said before anything is proposed.
            (kind, outcome) = (.noLeader, .notApplied)
        case GRPCCode.unavailable where message.contains("unhealthy cluster"):
            // Members don't change while one of them is not well; looked at before, too.
            (kind, outcome) = (.refused(code: code), .notApplied)
        case GRPCCode.unavailable where message.contains("timed out"):
            // etcd's own wait for agreement: the proposal may be agreed on later.
            (kind, outcome) = (.noLeader, .unknown)
        case GRPCCode.unknown where message.contains("proposal dropped"):
            // raft's word for "there was no leader to take it".
            (kind, outcome) = (.noLeader, .notApplied)
        case GRPCCode.deadlineExceeded: (kind, outcome) = (.timedOut, .unknown)
        case GRPCCode.cancelled, GRPCCode.unknown, GRPCCode.aborted, GRPCCode.internalError, GRPCCode.unavailable,
            GRPCCode.dataLoss:
            // A leader that steps down and a server that stops may have proposed already.
            (kind, outcome) = (.lost, .unknown)
        default: (kind, outcome) = (.refused(code: code), .notApplied)
        }
    }

    static func printable(_ text: String) -> String {
        var kept = ""
        for scalar in text.unicodeScalars.prefix(reasonCharactersMax) {
            kept.unicodeScalars.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar)
        }
        return kept
    }
}
