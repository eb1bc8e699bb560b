// What etcd answers to reads and transactions, as values.

package struct KeyValue: Hashable, Sendable {
    package let key: [UInt8]
    package let value: [UInt8]
    /// Of the ledger's history; the change that made the key, and the last one.
    package let createRevision: Int64
    package let modRevision: Int64
    /// Changes since it was made, that one included.
    package let version: Int64
    package let lease: Int64

    package init(
        key: [UInt8], value: [UInt8], createRevision: Int64, modRevision: Int64, version: Int64, lease: Int64 = 0
    ) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
        self.lease = lease
    }
}

/// Pairs by key, the smallest first.
package struct RangeAnswer: Hashable, Sendable {
    package let pairs: [KeyValue]
    /// There are more than the limit.
    package let hasMore: Bool
    /// All keys of the range.
    package let count: Int64
    /// Of the whole history when it was read.
    package let revision: Int64
}

package struct TransactionAnswer: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case got(RangeAnswer)
        case put
        /// How many keys.
        case deleted(Int64)
        case transaction(TransactionAnswer)
    }

    /// All conditions held: the answers are those of `success`.
    package let succeeded: Bool
    /// The history's, with the transaction; 0 in a nested one.
    package let revision: Int64
    package let parts: [Part]
}

extension Transaction {
    /// Whether `answer` has an answer of the right kind to each operation that was done.
    func isAnswered(by answer: TransactionAnswer) -> Bool {
        let done = answer.succeeded ? success : failure
        guard done.count == answer.parts.count else { return false }
        return zip(done, answer.parts).allSatisfy { operation, part in
            switch (operation, part) {
            case (.get, .got), (.put, .put), (.delete, .deleted): true
            case (.transaction(let inner), .transaction(let answer)): inner.isAnswered(by: answer)
            default: false
            }
        }
    }
}
