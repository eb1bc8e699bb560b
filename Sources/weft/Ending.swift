// What a command worked with, at its end.
import Synchronization

enum Ending {
    private static let kept = Mutex<[any Sendable]>([])

    /// Keeps `values` until the process ends, which it is about to do: to take a large project apart piece by piece
    /// would only be waited for.
    static func keep(_ values: any Sendable...) { kept.withLock { $0 += values } }
}
