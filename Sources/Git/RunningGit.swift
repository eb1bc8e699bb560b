// One run of git that goes on beside the caller until its answer is asked for.
import Glibc
import SystemPackage

// Safety: poll(2) gets an array of this call.

/// Ends git when nobody wants its answer any more. Used by one thread at a time.
// Safety: unchecked, because whoever shares one keeps it in a mutex.
final class RunningGit: @unchecked Sendable {
    /// Bytes of standard output that a call may give.
    static let outputMax = 512 * 1_024 * 1_024
    /// Bytes of standard error that are kept for a message.
    private static let messageMax = 16 * 1_024

    private let child: ChildProcess
    private let arguments: [String]
    private let output: Channel
    private let errors: Channel
    private var isWaitedFor = false

    init(_ child: ChildProcess, arguments: [String], output: Channel, errors: Channel) {
        (self.child, self.arguments) = (child, arguments)
        (self.output, self.errors) = (output, errors)
    }

    deinit {
        guard !isWaitedFor else { return }
        child.kill()
        _ = try? child.wait()
    }

    /// True until git says something, or ends.
    var isSilent: Bool {
        var polled = [output.ours, errors.ours].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
        return unsafe poll(&polled, nfds_t(polled.count), 0) == 0
    }

    /// Waits for git's end; called once.
    func answer() throws -> GitProgram.Answer {
        var collected: [[UInt8]] = [[], []]
        try Self.drain([output.ours, errors.ours]) { index, bytes in
            let limit = index == 0 ? Self.outputMax : Self.messageMax
            guard collected[index].count + bytes.count <= limit else {
                if index == 1 { return }
                throw GitError.outputTooLarge(command: arguments.joined(separator: " "), limitBytes: limit)
            }
            collected[index] += bytes
        }
        isWaitedFor = true
        let lines = String(decoding: collected[1], as: UTF8.self).split(whereSeparator: \.isNewline)
        return GitProgram.Answer(
            status: try child.wait(), output: collected[0], message: lines.joined(separator: " "))
    }

    /// Reads from all descriptors at once until each is at its end.
    private static func drain(
        _ descriptors: [FileDescriptor], _ take: (Int, ArraySlice<UInt8>) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: 128 * 1_024)
        var polled = descriptors.map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
        while polled.contains(where: { $0.fd >= 0 }) {
            guard unsafe poll(&polled, nfds_t(polled.count), -1) >= 0 else {
                if errno == EINTR { continue }
                throw Errno(rawValue: errno)
            }
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptors[index].read(into: $0) }
                // A negative descriptor is passed over by poll.
                if count == 0 { polled[index].fd = -1 }
                try take(index, buffer[..<count])
            }
        }
    }
}
