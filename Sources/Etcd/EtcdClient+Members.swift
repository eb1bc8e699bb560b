// Who is a member of the cluster, and how that changes.

package struct EtcdPeer: Hashable, Sendable {
    package let id: UInt64
    /// Empty until it was started.
    package let name: String
    package let peerURLs: [String]
    package let clientURLs: [String]
    /// Gets the data, and has no vote yet.
    package let isLearner: Bool
}

extension EtcdClient {
    package func members() async throws -> [EtcdPeer] {
        let call = EtcdCall("member list", "/v3/cluster/member/list", RequestText.object { _ in }, isWrite: false)
        return try await ask(call) { json in AnswerText.decode(WrittenMembers.self, json)?.members?.map(\.peer) }
    }

    package func addMember(peerURLs: [String], asLearner: Bool) async throws -> EtcdPeer {
        let body = RequestText.object { text in
            text.texts("peerURLs", peerURLs)
            text.flag("isLearner", asLearner)
        }
        return try await ask(EtcdCall("member add", "/v3/cluster/member/add", body, isWrite: true)) { json in
            AnswerText.decode(WrittenMembers.self, json)?.member?.peer
        }
    }

    /// False when there is no such member.
    package func removeMember(_ id: UInt64) async throws -> Bool {
        let body = RequestText.object { $0.number("ID", id) }
        do {
            return try await ask(EtcdCall("member remove", "/v3/cluster/member/remove", body, isWrite: true)) { _ in
                true
            }
        } catch let error as EtcdError where error.isNotFound {
            return false
        }
    }

    /// Gives a learner a vote; refused until it has nearly all data.
    package func promoteMember(_ id: UInt64) async throws {
        let body = RequestText.object { $0.number("ID", id) }
        try await ask(EtcdCall("member promote", "/v3/cluster/member/promote", body, isWrite: true)) { _ in () }
    }
}

private struct WrittenMembers: Decodable {
    struct Member: Decodable {
        let ID: WrittenID?
        let name: String?
        let peerURLs: [String]?
        let clientURLs: [String]?
        let isLearner: Bool?

        var peer: EtcdPeer {
            EtcdPeer(
                id: ID?.value ?? 0, name: name ?? "", peerURLs: peerURLs ?? [], clientURLs: clientURLs ?? [],
                isLearner: isLearner ?? false)
        }
    }

    let member: Member?
    let members: [Member]?
}
