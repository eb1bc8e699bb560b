// Upstreams that could not be reached, and are not asked again for a while: who waits gets on with what is known.
import Registry
import Synchronization

final class RestingUpstreams: Sendable {
    /// A question that takes longer has no answer. Blobs have as long as they come.
    static let questionMax = Duration.seconds(15)
    /// How long an upstream is left alone after that.
    static let rest = Duration.seconds(10)

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    private let ends = Mutex<[String: ContinuousClock.Instant]>([:])

    /// The answer to one question to the upstream `name`.
    func ask<Answer: Sendable>(_ name: String, _ question: @escaping @Sendable () async throws -> Answer) async throws
        -> Answer
    {
        let now = ContinuousClock.now
        if let end = ends.withLock({ $0[name] }), end > now {
            throw Trouble(description: "\(name) did not answer, and is asked again in \(end - now)")
        }
        do {
            let silence = Trouble(description: "\(name) did not answer within \(Self.questionMax)")
            let answer = try await Deadline.within(Self.questionMax, otherwise: silence, question)
            ends.withLock { $0[name] = nil }
            return answer
        } catch {
            try Task.checkCancellation()
            if Self.isSilence(error) { ends.withLock { $0[name] = .now + Self.rest } }
            throw error
        }
    }

    private static func isSilence(_ error: any Error) -> Bool {
        if error is Trouble { return true }
        guard let error = error as? RegistryError else { return false }
        return [.unreachable, .unavailable, .rateLimited].contains(error.kind)
    }
}
