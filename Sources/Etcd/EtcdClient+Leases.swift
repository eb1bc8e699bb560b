// Leases: keys that go when nobody keeps them.

package struct EtcdLease: Hashable, Sendable {
    package let id: Int64
    /// Seconds until it ends, as etcd granted or counted them.
    package let seconds: Int64
}

extension EtcdClient {
    /// `id` 0: etcd chooses one.
    package func grantLease(seconds: Int64, id: Int64 = 0) async throws -> EtcdLease {
        let body = RequestText.object { text in
            text.number("TTL", seconds)
            text.number("ID", id)
        }
        return try await ask(EtcdCall("lease grant", "/v3/lease/grant", body, isWrite: true)) { json in
            AnswerText.decode(WrittenLease.self, json)?.lease
        }
    }

    /// Nil when the lease is lost. Asked twice it is kept once.
    package func keepLease(_ id: Int64) async throws -> EtcdLease? {
        let body = RequestText.object { $0.number("ID", id) }
        let found = try await ask(EtcdCall("lease keepalive", "/v3/lease/keepalive", body, isWrite: false)) { json in
            AnswerText.decode(WrittenResult<WrittenLease>.self, json)?.result
        }
        // An answer without a time is etcd's way to say that there is no such lease.
        return found.lease.flatMap { $0.seconds > 0 ? $0 : nil }
    }

    /// Its keys go with it; false when there was no such lease.
    package func revokeLease(_ id: Int64) async throws -> Bool {
        let body = RequestText.object { $0.number("ID", id) }
        do {
            return try await ask(EtcdCall("lease revoke", "/v3/lease/revoke", body, isWrite: true)) { _ in true }
        } catch let error as EtcdError where error.isNotFound {
            return false
        }
    }

    /// Nil when there is no such lease.
    package func lease(_ id: Int64) async throws -> EtcdLease? {
        let body = RequestText.object { $0.number("ID", id) }
        let found = try await ask(EtcdCall("lease time", "/v3/lease/timetolive", body, isWrite: false)) { json in
            AnswerText.decode(WrittenLease.self, json)
        }
        return found.lease.flatMap { $0.seconds > 0 ? $0 : nil }
    }
}

private struct WrittenLease: Decodable {
    let ID: WrittenInt?
    let TTL: WrittenInt?

    var lease: EtcdLease? { ID.map { EtcdLease(id: $0.value, seconds: TTL?.value ?? 0) } }
}
