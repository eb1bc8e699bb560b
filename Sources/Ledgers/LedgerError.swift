// What can be wrong with a ledger, as sentences for users.
package import Digests

package enum LedgerError: Error, Hashable, CustomStringConvertible {
    /// Nothing was recorded: it can't be reached, or its voters don't agree.
    case unavailable(String)
    /// Whether it was recorded could not be found out in time. The same proposal, with the same nonce, may be made again.
    case outcomeUnknown(StageID, String)
    case notInitialised
    case otherEpoch(known: String, found: String)
    case noSuchPublication(StageID)
    case unreadable(String, String)
    case newer(String, version: Int)
    /// A proposal that no ledger takes.
    case refused(String)
    /// Its database has reached the quota.
    case full

    package var description: String {
        switch self {
        case .unavailable(let reason): "the ledger can't be asked: \(reason)"
        case .outcomeUnknown(let id, let reason):
            "whether \(id) was published is not known: \(reason). What was built is kept; build again"
        case .notInitialised:
            "the ledger is empty and was never made: run `weft mesh ledger init` once, on one voter"
        case .otherEpoch(let known, let found):
            "the ledger's epoch is \(found) and not \(known): it was made anew or restored since this node last used it. "
                + "If that was done on purpose, remove the file `epoch` in the ledger's folder of this host's store; otherwise it "
                + "is another ledger"
        case .noSuchPublication(let id): "the ledger has no publication \(id)"
        case .unreadable(let what, let reason): "\(what) in the ledger can't be read: \(reason)"
        case .newer(let what, let version):
            "\(what) in the ledger was written by a newer weft (form \(version)): install that one here, too"
        case .refused(let reason): reason
        case .full:
            "the ledger's database has reached its quota: compact it, or raise the quota, and disarm the alarm NOSPACE"
        }
    }
}
