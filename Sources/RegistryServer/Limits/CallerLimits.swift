// How much one address, and all together, may have going on at once.
import HTTPMessages
import Synchronization

package struct RegistryLimits: Hashable, Sendable {
    /// Requests of one address that are being answered.
    package var requestsPerAddressMax = 64
    /// Of all.
    package var requestsMax = 1_024
    /// Lists of one address that peers are asked for.
    package var listsPerAddressMax = 16
    /// Of all: half of what a peer answers this node at once, so that lists never keep it from blobs.
    package var listsMax = 32
    /// For what one list takes of peers; who needs longer is left out.
    package var listTimeMax = Duration.seconds(3)
    /// How long lists leave a peer alone that did not answer.
    package var listRest = Duration.seconds(10)
    /// Uploads of one address that were begun and not ended.
    package var uploadsPerAddressMax = 32
    package var uploadsMax = 256
    /// Time after its last byte when an upload is given up.
    package var uploadIdleMax = Duration.seconds(3_600)
    /// Bytes of one blob that is pushed; at most `Descriptor.sizeMax`.
    package var uploadBytesMax: Int64 = 64 << 30

    package init() {}
}

final class CallerLimits: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var all = 0
    }

    private let countMax: Int
    private let perAddressMax: Int
    private let state = Mutex(State())

    init(_ countMax: Int, perAddress: Int) { (self.countMax, perAddressMax) = (countMax, perAddress) }

    /// A request that is being answered, its body too; it ends with this value.
    final class Permit: Sendable {
        private let owner: CallerLimits
        private let address: String

        fileprivate init(_ owner: CallerLimits, _ address: String) { (self.owner, self.address) = (owner, address) }

        deinit { owner.leave(address) }
    }

    /// Nil when there are too many.
    func enter(_ caller: Caller) -> Permit? {
        let address = caller.host
        let isFree = state.withLock { state in
            guard state.all < countMax, state.counts[address, default: 0] < perAddressMax else { return false }
            state.all += 1
            state.counts[address, default: 0] += 1
            return true
        }
        return isFree ? Permit(self, address) : nil
    }

    private func leave(_ address: String) {
        state.withLock { state in
            state.all -= 1
            let rest = state.counts[address, default: 1] - 1
            state.counts[address] = rest > 0 ? rest : nil
        }
    }
}

extension Caller {
    /// The address without its port.
    var host: String { address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address }
}
