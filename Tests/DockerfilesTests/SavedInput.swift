// Finds the files of Inputs, which live beside this file. Foundation, because tests may list folders.
import Foundation

/// Names and bytes, in the order of names: a file that is put there is tested from then on.
func savedInputs(from file: String = #filePath) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Inputs")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.sorted { $0.path < $1.path }.map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
}
