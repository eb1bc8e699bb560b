// Ctrl-C and SIGTERM end a build in order; a second one ends the program at once.
import Dispatch
import Glibc
import Synchronization

/// Watches from its making on: made before there is anything that an end would leave behind.
// Safety: the sources are made once and never changed; what they call is behind a mutex.
final class StopSignals: @unchecked Sendable {
    private struct State {
        var isStopped = false
        var stop: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private var sources: [any DispatchSourceSignal] = []

    init() {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in
                // Whoever asks twice means it.
                signal(number, SIG_DFL)
                self?.received()
            }
            source.resume()
            return source
        }
    }

    private func received() {
        let stop = state.withLock { state in
            state.isStopped = true
            return state.stop
        }
        stop?()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// From now on `stop` is what a signal calls; at once when one has come already.
    func call(_ stop: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            state.stop = stop
            return state.isStopped
        }
        if isStopped { stop() }
    }
}
