// What can go wrong in the sandbox, as sentences for people.
import Glibc

// Safety: strerror's text is copied at once.

/// A system call that failed.
package struct SystemError: Error, CustomStringConvertible, Equatable {
    /// What was being done, as `open` or `mount`.
    package let call: String
    package let path: String
    /// errno(3), positive.
    package let code: Int32

    package var description: String { "\(call) \(path.isEmpty ? "(open file)" : path): \(Self.text(code))" }

    static func text(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

/// A refusal or failure of the sandbox itself; failures of the step's own program are a `RunOutcome`.
package enum SandboxError: Error, CustomStringConvertible, Equatable {
    /// The host lacks something; the text says what to do.
    case host(String)
    /// The request can't be carried out as it is written.
    case request(String)
    /// A source of COPY or ADD, or a mount's source, does not exist.
    case missing(String)
    /// The image lacks what the step needs: a shell, a user.
    case image(String)
    /// The OCI runtime failed before or while the step ran.
    case runtime(String)
    /// The step's `StepLimits.time` was over.
    case timeLimit(seconds: Double)

    package var description: String {
        switch self {
        case .host(let text), .request(let text), .missing(let text), .image(let text), .runtime(let text): text
        case .timeLimit(let seconds):
            "the command ran longer than \(Self.text(seconds: seconds)), its limit, and was ended"
        }
    }

    /// As `30m` or `1h30m`; below a minute in seconds.
    private static func text(seconds: Double) -> String {
        guard seconds >= 60, seconds < 1e9 else { return "\(seconds)s" }
        let whole = Int(seconds)
        let parts = [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
