// The host's git: how it is called, with which environment, and what it answered.
import CLinux
import Glibc
import SystemPackage

/// Runs git without hooks, prompts, optional locks or replace refs, whatever the user's or the repository's
/// configuration says; content filters (git-lfs) stay as configured.
package struct GitProgram: Sendable {
    private let environment: [String]
    /// Nil when PATH leads to none.
    private let executable: String?

    /// `environment` (`NAME=value`) replaces the process's own.
    package init(environment: [String]? = nil) {
        let variables = environment ?? ChildProcess.inheritedEnvironment()
        executable = Self.find("git", in: variables.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "")
        self.environment =
            variables.filter { !Self.isRepositoryVariable($0) } + [
                "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C", "LANGUAGE=",
            ]
    }

    /// Only in absolute folders: the folder of a project must not bring its own git.
    private static func find(_ program: String, in path: Substring) -> String? {
        let folders = path.split(separator: ":").filter { $0.hasPrefix("/") }
        return folders.map { "\($0)/\(program)" }.first { unsafe access($0, X_OK) == 0 }
    }

    /// Variables that point git at another repository or index (a build may be started by a hook), or that are set here.
    private static func isRepositoryVariable(_ variable: String) -> Bool {
        let names: Set<Substring> = [
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
            "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
            "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
            "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS",
            "GIT_ICASE_PATHSPECS", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "LC_ALL", "LANGUAGE",
        ]
        return names.contains(variable.prefix { $0 != "=" })
    }

    struct Answer {
        let status: ChildProcess.Status
        let output: [UInt8]
        let message: String
    }

    func commandLine(_ arguments: [String], in directory: FilePath) -> [String] {
        let settings = ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false"]
        return ["git", "-C", directory.string] + settings.flatMap { ["-c", $0] } + arguments
    }

    /// Runs git to its end; throws `failed` when it does not succeed.
    func run(
        _ arguments: [String], in directory: FilePath, input: [UInt8] = [], variables: [String] = []
    ) throws(GitError) -> [UInt8] {
        let answer = try ask(arguments, in: directory, input: input, variables: variables)
        guard answer.status == .exited(0) else { throw failure(arguments, answer, in: directory) }
        return answer.output
    }

    func failure(_ arguments: [String], _ answer: Answer, in directory: FilePath) -> GitError {
        if answer.message.contains("dubious ownership") { return .notOurs(directory.string) }
        return .failed(
            command: arguments.joined(separator: " "), status: answer.status.text, message: answer.message)
    }

    /// Runs git to its end, whatever the end is.
    func ask(
        _ arguments: [String], in directory: FilePath, input: [UInt8] = [], variables: [String] = []
    ) throws(GitError) -> Answer {
        do {
            return try begin(arguments, in: directory, input: input, variables: variables).answer()
        } catch let error as GitError {
            throw error
        } catch let error as Errno {
            throw .system(operation: "running git", path: directory.string, code: error)
        } catch {
            throw .failed(command: arguments.joined(separator: " "), status: "could not be run", message: "\(error)")
        }
    }

    /// Starts git; it runs beside the caller, who asks for its answer later.
    func begin(
        _ arguments: [String], in directory: FilePath, input: [UInt8] = [], variables: [String] = []
    ) throws -> RunningGit {
        let source = try MemoryFile.holding(input)
        defer { try? source.close() }
        let output = try Channel()
        let errors = try Channel()
        let child = try start(
            arguments, in: directory, variables: variables, input: source, output: output.theirs,
            errors: errors.theirs)
        output.closeTheirs()
        errors.closeTheirs()
        return RunningGit(child, arguments: arguments, output: output, errors: errors)
    }

    func start(
        _ arguments: [String], in directory: FilePath, variables: [String] = [], input: FileDescriptor,
        output: FileDescriptor, errors: FileDescriptor
    ) throws -> ChildProcess {
        guard let executable else { throw GitError.programMissing }
        let replaced = Set(variables.map { $0.prefix { $0 != "=" } })
        return try ChildProcess(
            executable, commandLine(arguments, in: directory),
            environment: environment.filter { !replaced.contains($0.prefix { $0 != "=" }) } + variables, input: input,
            output: output, errors: errors)
    }
}

/// A connected pair of sockets, closed on exec, each end closed once: unlike a pipe, writing to one whose other end is
/// gone need not raise SIGPIPE.
final class Channel {
    let ours: FileDescriptor
    let theirs: FileDescriptor
    private var isTheirsOpen = true

    init() throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        ours = FileDescriptor(rawValue: ends[0])
        theirs = FileDescriptor(rawValue: ends[1])
    }

    /// After the child has it: the end of its output is then seen here.
    func closeTheirs() {
        if isTheirsOpen { try? theirs.close() }
        isTheirsOpen = false
    }

    /// Sends everything; throws when the other end is gone.
    func send(_ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.send(ours.rawValue, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Errno(rawValue: errno) }
            done += count
        }
    }

    deinit {
        closeTheirs()
        try? ours.close()
    }
}

enum MemoryFile {
    /// A file in memory that is read from its start: a child that stops reading can't block or signal its writer.
    static func holding(_ bytes: [UInt8]) throws -> FileDescriptor {
        let raw = unsafe linux_memfd("git-input", 0)
        guard raw >= 0 else { throw Errno(rawValue: -raw) }
        let file = FileDescriptor(rawValue: raw)
        do {
            _ = try file.writeAll(bytes)
            try file.seek(offset: 0, from: .start)
        } catch {
            try? file.close()
            throw error
        }
        return file
    }
}
