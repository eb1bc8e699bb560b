// A folder of files that lives as long as the benchmark that reads it.
import Glibc
import Layers
import SystemPackage

// Safety: the template is a mutable copy that mkdtemp fills in before it is read.

final class ScratchTree {
    let path: FilePath
    private let parent: Directory
    private let name: [UInt8]

    init(_ fill: (Directory) throws -> Void) throws {
        // As `weft` does at its first line: the bytes of an archive depend on the character set.
        guard unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil else {
            throw WrongResult(description: "the locale C.UTF-8 is missing")
        }
        var template = Array("/tmp/weft-benchmark-XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer { text in
            guard let start = text.baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        guard isMade else {
            throw WrongResult(description: "no folder can be made in /tmp: \(Errno(rawValue: errno))")
        }
        let text = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = FilePath(text)
        parent = try Directory("/tmp")
        name = Array(text.utf8.dropFirst("/tmp/".utf8.count))
        try fill(try Directory(path))
    }

    static let folderCount = 8

    /// Texts of about a kilobyte.
    static func ofSmallFiles(_ count: Int) throws -> ScratchTree {
        try ScratchTree { tree in
            var seeded = SeededBytes(seed: 5)
            for folder in 0..<folderCount {
                let folder = try tree.makeFolder("folder-\(folder)")
                for file in 0..<count / folderCount { try folder.write("file-\(file)", seeded.text(1000 + file)) }
            }
        }
    }

    deinit { try? parent.removeTree(name) }
}

extension Directory {
    func makeFolder(_ name: String) throws -> Directory {
        try makeDirectory(Array(name.utf8))
        return try child(Array(name.utf8))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = try makeFile(Array(name.utf8))
        try unsafe bytes.withUnsafeBytes { try unsafe file.write($0, at: 0) }
    }
}
