// Where a step starts and what it starts, checked in the image before a container is made.
import Glibc

enum StepDirectory {
    /// Folders that are mounts in the container: what the image has there is not what the step will see
    /// (CVE-2024-21626: `WORKDIR /proc/self/fd/8` led to the host).
    private static let refused = ["proc", "sys", "dev"]

    /// Makes the working directory where it is missing, as BuildKit does, and gives its path with all links resolved.
    static func prepare(_ path: String, in root: RootDirectory, owner: FileOwner?) throws -> String {
        var location = try root.locate(try FileName(path))
        guard let first = location.parts.first else { return "/" }
        guard !refused.contains(first.text) else {
            throw SandboxError.request(
                "the working directory \(path) lies in \(location.text): steps can't start there")
        }
        guard location.leaf == nil else {
            throw SandboxError.image("the working directory \(path) is a file in the image")
        }
        let text = location.text
        for name in location.missing { try location.makeDirectory(name, mode: 0o755, owner: owner) }
        return text
    }
}

enum StepProgram {
    /// Refuses a program that the image lacks or that is not executable, in words; a runtime would say less, and on
    /// the step's own error output. What lies behind a mount is not looked at.
    static func check(
        _ program: String, environment: [String], directory: String, in root: RootDirectory, hidden: [String]
    ) throws {
        let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
        let folders = program.contains("/") ? [""] : path.split(separator: ":", omittingEmptySubsequences: false)
        var refused: String?
        for folder in folders {
            let joined = folder.isEmpty ? program : folder + "/" + program
            let candidate = joined.hasPrefix("/") ? joined : directory + "/" + joined
            if hidden.contains(where: { candidate.hasPrefix($0 + "/") || candidate == $0 }) { return }
            let location = try? root.locate(try FileName(candidate))
            guard let location, let leaf = location.leaf, location.exists else { continue }
            if hidden.contains(where: { location.text.hasPrefix($0 + "/") || location.text == $0 }) { return }
            let held = try Kernel.open(leaf, at: location.deepest, flags: Kernel.pathOnly | O_NOFOLLOW)
            if try Kernel.status(of: held).mode & 0o111 != 0, let file = try Kernel.openFile(held) {
                return try checkInterpreter(of: candidate, file, root: root, hidden: hidden)
            }
            refused = candidate
        }
        if let refused {
            throw SandboxError.image(
                "exec \(refused): permission denied: it is no executable file (chmod +x before the step)")
        }
        let shell = ["/bin/sh", "sh", "/bin/bash", "bash"].contains(program)
        throw SandboxError.image(
            "exec \(program): no such file in the image"
                + (shell
                    ? ": it has no shell, so use the JSON form of RUN, or another base image" : " (PATH is \(path))"))
    }

    /// BINPRM_BUF_SIZE: what the kernel looks at.
    private static let headBytes = 256

    /// A script whose `#!` names nothing fails like a missing program, which confuses everybody.
    private static func checkInterpreter(
        of program: String, _ file: Handle, root: RootDirectory, hidden: [String]
    ) throws {
        let head = try Kernel.readChunk(file, count: headBytes)
        guard head.starts(with: Array("#!".utf8)) else { return }
        let line = head.dropFirst(2).prefix { $0 != 10 }
        guard let word = line.split(whereSeparator: { $0 == 32 || $0 == 9 }).first else { return }
        let interpreter = String(decoding: word, as: UTF8.self)
        guard interpreter.hasPrefix("/"), !hidden.contains(where: { interpreter.hasPrefix($0 + "/") }) else { return }
        guard try root.locate(try FileName(interpreter)).exists else {
            throw SandboxError.image("exec \(program): its first line names \(interpreter), which is not in the image")
        }
    }
}

extension RootDirectory {
    /// Makes a directory and what is missing above it, as WORKDIR does: mode 0755, owned by `user` (as USER writes it;
    /// empty for root) by the rules of --chown. What exists stays as it is.
    package func makeDirectory(_ path: String, user: String) throws {
        let owner = user.isEmpty ? nil : try Accounts(of: self).owner(user)
        _ = try StepDirectory.prepare(path, in: self, owner: owner)
    }
}
