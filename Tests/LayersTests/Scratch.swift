// A temporary folder for one test, calls into it, and the condition under which tests that need root run.
import CLinux
import Foundation
import Glibc
import Layers
import SystemPackage
import Testing

enum Privilege {
    /// Without root, tests that make devices and trusted attributes are skipped, except where CI promises root: there
    /// they run and fail.
    static let isExpected = geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
    static let trait: ConditionTrait = .enabled(if: isExpected, "needs root: devices and trusted.* attributes")
}

final class Scratch {
    let path: FilePath
    /// What `main` does at its first line.
    private static let hasLocale = unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil

    init() throws {
        #expect(Self.hasLocale)
        path = FilePath("/tmp/weft-test-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
    }

    deinit { _ = try? run("/bin/rm", "-rf", path.string) }

    subscript(name: String) -> FilePath { name.isEmpty ? path : path.appending(name) }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: self[name].string, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: self[name].string)) }
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: self[name].string))) }
    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    func status(_ name: String) throws -> FileStatus? {
        let path = self[name]
        guard let last = path.lastComponent else { return nil }
        return try Directory(path.removingLastComponent()).status(of: Array(last.string.utf8))
    }

    func isOpaque(_ name: String) throws -> Bool { try Directory(self[name]).file().isOpaque }

    func whiteout(_ name: String) throws {
        let path = self[name]
        guard let last = path.lastComponent else { return }
        try Directory(path.removingLastComponent()).makeWhiteout(Array(last.string.utf8))
    }

    func setAttribute(_ name: String, _ attribute: String, _ value: [UInt8]) throws {
        let file = try FileDescriptor.open(self[name], .readOnly)
        defer { try? file.close() }
        let code = unsafe linux_fsetxattr(file.rawValue, attribute, value, value.count)
        #expect(code == 0, "\(attribute) on \(name): \(code)")
    }

    func attribute(_ name: String, _ attribute: String) throws -> [UInt8]? {
        let file = try FileDescriptor.open(self[name], .readOnly)
        defer { try? file.close() }
        var value = [UInt8](repeating: 0, count: 1024)
        let count = unsafe linux_fgetxattr(file.rawValue, attribute, &value, value.count)
        return count < 0 ? nil : Array(value[..<count])
    }

    /// Opens for reading.
    func open(_ name: String) throws -> FileDescriptor { try FileDescriptor.open(self[name], .readOnly) }

    func create(_ name: String) throws -> FileDescriptor {
        try FileDescriptor.open(self[name], .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    }

    /// Every file below `name` with type, mode, owner, time, size or target or device, and contents' digest.
    func listing(_ name: String, times: Bool = true) throws -> [String] {
        let format = times ? "%P %y %m %U:%G %Ts %l" : "%P %y %m %U:%G %l"
        let files = try run("/usr/bin/find", self[name].string, "-mindepth", "1", "-printf", format + "\\n")
        return files.split(separator: "\n").map(String.init).sorted()
    }
}

struct CommandFailure: Error {
    let command: [String]
    let code: Int32
    let output: String
}

/// Standard output of a program that must succeed.
@discardableResult
func run(_ command: String..., input: FilePath? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput =
        try input.map { try FileHandle(forReadingFrom: URL(filePath: $0.string)) } ?? FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let output = String(decoding: data, as: UTF8.self)
    guard process.terminationStatus == 0 else {
        throw CommandFailure(command: command, code: process.terminationStatus, output: output)
    }
    return output
}
