// The inputs that fuzzing kept, each through the check that it was found for.
import Foundation
import FuzzTargets
import Testing

@Suite struct `Saved inputs of fuzzing` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fuzzing/Inputs").standardizedFileURL

    /// What stopped a reader once stays here under a name that says so; the others reach all that fuzzing reached.
    @Test(arguments: FuzzTarget.allCases) func `pass their check`(_ target: FuzzTarget) throws {
        let folder = Self.folder.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
        #expect(names.count >= 10)
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.check(bytes) }
        }
    }
}
