// Transactions and reads as etcd's gateway reads them.

extension Transaction {
    package var json: [UInt8] { RequestText.object { write(to: &$0) } }

    fileprivate func write(to text: inout RequestText) {
        text.array("compare", compares) { text, compare in text.element { compare.write(to: &$0) } }
        text.array("success", success) { text, operation in text.element { operation.write(to: &$0) } }
        text.array("failure", failure) { text, operation in text.element { operation.write(to: &$0) } }
    }
}

extension Transaction.Compare {
    fileprivate func write(to text: inout RequestText) {
        text.data("key", keys.key)
        text.data("range_end", keys.end)
        text.word("result", result.rawValue)
        switch target {
        case .version(let number):
            text.word("target", "VERSION")
            text.number("version", number, always: true)
        case .createRevision(let number):
            text.word("target", "CREATE")
            text.number("create_revision", number, always: true)
        case .modRevision(let number):
            text.word("target", "MOD")
            text.number("mod_revision", number, always: true)
        case .value(let value):
            text.word("target", "VALUE")
            text.data("value", value)
        }
    }
}

extension Transaction.Operation {
    fileprivate func write(to text: inout RequestText) {
        switch self {
        case .get(let get): text.object("request_range") { get.write(to: &$0) }
        case .put(let key, let value, let lease):
            text.object("request_put") { text in
                text.data("key", key)
                text.data("value", value)
                text.number("lease", lease)
            }
        case .delete(let keys): text.object("request_delete_range") { keys.write(to: &$0) }
        case .transaction(let inner): text.object("request_txn") { inner.write(to: &$0) }
        }
    }
}

extension Get {
    package var json: [UInt8] { RequestText.object { write(to: &$0) } }

    fileprivate func write(to text: inout RequestText) {
        keys.write(to: &text)
        text.number("limit", limit)
        text.number("revision", revision)
        text.flag("serializable", isSerializable)
        text.flag("keys_only", isKeysOnly)
        text.flag("count_only", isCountOnly)
    }
}

extension KeyRange {
    func write(to text: inout RequestText) {
        text.data("key", key)
        text.data("range_end", end)
    }
}
