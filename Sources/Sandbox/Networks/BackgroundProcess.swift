// A child that runs beside everything else: started, watched by a descriptor, and ended.
import CLinux
import Glibc

// Safety: a descriptor array is passed to poll for the length of the call only.

struct BackgroundProcess {
    let process: CInt
    /// Readable when the process has ended.
    let exit: Handle
    /// What it writes; at most a pipe full of its errors is kept, then more is lost: it never waits for us.
    let output: Handle
    private let errors: Handle

    init(_ arguments: [String], input: Handle? = nil) throws {
        let output = try ChildProcess.pipe()
        let errors = try ChildProcess.pipe()
        try Kernel.checkShim(linux_no_wait_writes(errors.write.raw), "open", "a pipe")
        process = try ChildProcess.start(arguments, input: input, output: output.write, error: errors.write)
        exit = Handle(owning: try Kernel.checkShim(linux_pidfd(process), "watch", arguments.first ?? ""))
        self.output = output.read
        self.errors = errors.read
    }

    /// Kills and reaps; called once.
    func end() {
        kill(process, SIGKILL)
        _ = linux_wait(process)
    }

    /// What an ended process wrote as errors, in one line.
    var complaint: String {
        guard unsafe linux_wait_readable([errors.raw], 1, 0) != 0,
            let bytes = try? Kernel.readChunk(errors, count: 4096)
        else { return "" }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
    }
}
