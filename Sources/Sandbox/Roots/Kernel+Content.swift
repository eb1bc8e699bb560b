// Reading, writing and copying the content of open files.
import CLinux
import Glibc

// Safety: buffers are owned arrays, given to read and write for the length of the call only.

extension Kernel {
    /// Bytes moved by one read and write.
    static let chunkBytes = 256 << 10

    /// Everything from the current offset; more than `limit` bytes is an error.
    static func readAll(_ file: Handle, limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let chunk = try readChunk(file)
            if chunk.isEmpty { return content }
            content += chunk
            if content.count > limit { throw SystemError(call: "read", path: "", code: EFBIG) }
        }
    }

    /// The next bytes; none at the end.
    static func readChunk(_ file: Handle, count: Int = chunkBytes) throws(SystemError) -> [UInt8] {
        var code = 0
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            repeat { code = unsafe Glibc.read(file.raw, buffer.baseAddress, count) } while code < 0 && errno == EINTR
            if code < 0 { code = Int(-errno) }
            initialized = max(0, code)
        }
        if code < 0 { throw SystemError(call: "read", path: "", code: Int32(-code)) }
        return chunk
    }

    static func writeAll(_ bytes: [UInt8], to file: Handle) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let code = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(file.raw, all.baseAddress.map { unsafe $0 + done }, all.count - done)
            }
            if code < 0, errno == EINTR { continue }
            if code < 0 { throw SystemError(call: "write", path: "", code: errno) }
            done += code
        }
    }

    /// Copies a file's whole content: shared blocks where the file system can, else inside the kernel, else by hand.
    /// `progress` gets the bytes of each piece and may throw to stop.
    static func copyContent(from source: Handle, to target: Handle, size: Int64, progress: (Int64) throws -> Void)
        throws
    {
        if size > 0, linux_clone_file(source.raw, target.raw) == 0 { return try progress(size) }
        var copied: Int64 = 0
        while true {
            let count = linux_copy_range(source.raw, target.raw, UInt64(16 << 20))
            if count < 0 {
                // Different file systems, old kernels and special files refuse at the first call.
                guard copied == 0 else { throw SystemError(call: "copy", path: "", code: Int32(-count)) }
                break
            }
            // Files that claim no size (procfs) give nothing here but something to read.
            if count == 0 { break }
            copied += count
            try progress(count)
        }
        if copied == 0 { try copyByHand(from: source, to: target, progress: progress) }
    }

    private static func copyByHand(from source: Handle, to target: Handle, progress: (Int64) throws -> Void) throws {
        while true {
            let chunk = try readChunk(source)
            if chunk.isEmpty { return }
            try writeAll(chunk, to: target)
            try progress(Int64(chunk.count))
        }
    }

    /// Writes a new file with exactly this mode, whatever the umask.
    static func writeFile(_ name: FileName, at: Handle = workingDirectory, _ content: [UInt8], mode: UInt32) throws {
        let file = try open(name, at: at, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        try writeAll(content, to: file)
        try changeMode(of: file, mode, name.text)
    }
}
