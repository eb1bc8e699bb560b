// The ledger's epoch: a random word, new whenever it is made or restored, and compared in every transaction.
import Etcd

struct LedgerEpoch: Sendable {
    let prefix: String
    let known: String

    private var key: [UInt8] { LedgerKeys.epoch(prefix) }

    /// Does `operations` if the epoch is the one known.
    func guarded(_ operations: [Transaction.Operation]) -> Transaction {
        Transaction(
            [.value(of: key, is: Array(known.utf8))], then: operations,
            otherwise: [.get(Get(.one(key), isSerializable: operations.allSatisfy(\.isSerializable)))])
    }

    /// Throws when the transaction met another epoch, or none.
    func check(_ answer: TransactionAnswer) throws(LedgerError) {
        guard !answer.succeeded else { return }
        guard case .got(let found) = answer.parts.first, let value = found.pairs.first?.value else {
            throw .notInitialised
        }
        throw .otherEpoch(known: known, found: Self.text(value))
    }

    static func text(_ value: [UInt8]) -> String {
        let text = String(decoding: value.prefix(PublicationLimits.wordBytesMax), as: UTF8.self)
        return Publication.isWord(text) ? text : "no word"
    }
}

extension Transaction.Operation {
    /// A read that needs no quorum.
    fileprivate var isSerializable: Bool {
        if case .get(let get) = self { get.isSerializable } else { false }
    }
}
