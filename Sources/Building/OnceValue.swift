// A value that is made at its first use and then kept, whoever asks.
import Synchronization

final class OnceValue<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    /// The value; `make` runs at most once unless it throws.
    func value(_ make: () throws -> Value) rethrows -> Value {
        try stored.withLock { stored in
            if let stored { return stored }
            let value = try make()
            stored = value
            return value
        }
    }
}
