// Catches what a called function returns or throws.
import Distributed
import Synchronization

package final class CallAnswer: DistributedTargetInvocationResultHandler, Sendable {
    package typealias SerializationRequirement = any Message

    private let result = Mutex<Result<[UInt8], any Error>?>(nil)

    package func onReturn<Value: Message>(value: Value) async throws {
        let bytes = value.encoded
        result.withLock { $0 = .success(bytes) }
    }

    package func onReturnVoid() async throws { result.withLock { $0 = .success([]) } }

    package func onThrow<Failure: Error>(error: Failure) async throws { result.withLock { $0 = .failure(error) } }

    /// The encoded result; empty for a function that returns nothing.
    func bytes() throws -> [UInt8] {
        guard let result = result.withLock({ $0 }) else { throw MessageError("result", .missing) }
        return try result.get()
    }
}
