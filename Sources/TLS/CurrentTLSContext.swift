// The context that new connections begin with, and its replacement while others run.
import Synchronization

/// Reload of certificates: connections that run keep the context they began with.
package final class CurrentTLSContext: Sendable {
    private let context: Mutex<TLSContext>

    package init(_ context: TLSContext) { self.context = Mutex(context) }

    package convenience init(_ settings: TLSSettings) throws(TLSFailure) { self.init(try TLSContext(settings)) }

    package var current: TLSContext { context.withLock { $0 } }

    /// From now on for new connections. When the new settings can't be used, the old context stays.
    package func replace(by settings: TLSSettings) throws(TLSFailure) {
        let next = try TLSContext(settings)
        context.withLock { $0 = next }
    }
}
