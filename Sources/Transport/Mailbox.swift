// Messages from any thread to one connection on its event loop; a loop that is busy is woken once for many.
import NIOCore
import Synchronization

/// Waking the loop for each message costs three times the CPU of a small call when 64 are in flight.
final class Mailbox<Message: Sendable>: Sendable {
    private struct Waiting: Sendable {
        var messages: [Message] = []
        var isClosed = false
    }

    private let waiting = Mutex(Waiting())
    private let loop: any EventLoop
    private let receiver: NIOLoopBoundBox<(([Message]) -> Void)?>

    /// Called on the loop.
    init(on loop: any EventLoop) {
        self.loop = loop
        receiver = NIOLoopBoundBox(nil, eventLoop: loop)
    }

    /// On the loop; `receive` is kept until `close`.
    func open(_ receive: @escaping ([Message]) -> Void) { receiver.value = receive }

    /// On the loop. Messages that wait, and all that come later, go nowhere; those that waited are returned.
    func close() -> [Message] {
        receiver.value = nil
        return waiting.withLock { waiting in
            waiting.isClosed = true
            defer { waiting.messages = [] }
            return waiting.messages
        }
    }

    /// False when the connection has gone.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let (isTaken, isFirst) = waiting.withLock { waiting in
            guard !waiting.isClosed else { return (false, false) }
            waiting.messages.append(message)
            return (true, waiting.messages.count == 1)
        }
        if isFirst { loop.execute { self.deliver() } }
        return isTaken
    }

    private func deliver() {
        let messages = waiting.withLock { waiting in
            defer { waiting.messages = [] }
            return waiting.messages
        }
        receiver.value?(messages)
    }
}
