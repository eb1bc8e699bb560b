// Arrays of C strings, as execve and mount calls take them.
import Glibc

// Safety: the copies live until `body` returns and are freed once.

enum CStrings {
    /// Gives `body` a NULL-terminated array of copies of `texts`.
    static func with<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
    ) throws -> Result {
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SandboxError.request("a text with a NUL byte can't be passed on")
        }
        let copies = unsafe texts.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        return try unsafe copies.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { throw SandboxError.request("nothing to pass on") }
            return try unsafe body(base)
        }
    }
}
