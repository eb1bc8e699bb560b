// A transaction of etcd: what is compared, and what is done when all of it holds, or when something doesn't.

/// All conditions, those of nested transactions too, are judged by the state before the first operation. Two puts of one
/// key are refused by etcd.
package struct Transaction: Hashable, Sendable {
    package var compares: [Compare]
    package var success: [Operation]
    package var failure: [Operation]

    package init(_ compares: [Compare] = [], then success: [Operation], otherwise failure: [Operation] = []) {
        self.compares = compares
        self.success = success
        self.failure = failure
    }

    package enum Operation: Hashable, Sendable {
        case get(Get)
        case put(key: [UInt8], value: [UInt8], lease: Int64 = 0)
        case delete(KeyRange)
        case transaction(Transaction)
    }

    /// A condition on one key, or on each key of a range. A key that isn't there counts as one whose numbers are 0, and
    /// has no value that could be compared.
    package struct Compare: Hashable, Sendable {
        package enum Result: String, Sendable {
            case equal = "EQUAL"
            case greater = "GREATER"
            case less = "LESS"
            case notEqual = "NOT_EQUAL"
        }

        package enum Target: Hashable, Sendable {
            case version(Int64)
            case createRevision(Int64)
            case modRevision(Int64)
            /// Compared by its bytes.
            case value([UInt8])
        }

        package let keys: KeyRange
        package let result: Result
        package let target: Target

        package init(_ keys: KeyRange, _ result: Result, _ target: Target) {
            self.keys = keys
            self.result = result
            self.target = target
        }

        package static func isAbsent(_ key: [UInt8]) -> Compare { Compare(.one(key), .equal, .createRevision(0)) }

        package static func value(of key: [UInt8], is value: [UInt8]) -> Compare {
            Compare(.one(key), .equal, .value(value))
        }

        /// No key of `keys` was written after `revision`.
        package static func isUnchanged(_ keys: KeyRange, since revision: Int64) -> Compare {
            Compare(keys, .less, .modRevision(revision + 1))
        }
    }

    /// How many of etcd's `--max-txn-ops` it takes: etcd allows what a transaction nests only what the outer one left.
    package var operationCount: Int {
        let nested = (success + failure).map { operation in
            if case .transaction(let inner) = operation { inner.operationCount } else { 0 }
        }
        return max(compares.count, success.count, failure.count) + (nested.max() ?? 0)
    }
}

/// A read of keys.
package struct Get: Hashable, Sendable {
    package var keys: KeyRange
    /// Most pairs in the answer; 0: all.
    package var limit: Int64
    /// The state after this revision; 0: the newest.
    package var revision: Int64
    package var isKeysOnly: Bool
    /// Only how many there are.
    package var isCountOnly: Bool
    /// From what the asked member knows, without the others: perhaps stale, and answered without a quorum.
    package var isSerializable: Bool

    package init(
        _ keys: KeyRange, limit: Int64 = 0, revision: Int64 = 0, isKeysOnly: Bool = false, isCountOnly: Bool = false,
        isSerializable: Bool = false
    ) {
        self.keys = keys
        self.limit = limit
        self.revision = revision
        self.isKeysOnly = isKeysOnly
        self.isCountOnly = isCountOnly
        self.isSerializable = isSerializable
    }
}
