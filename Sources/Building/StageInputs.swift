// What stages take from the project: read from the project itself, or sent by the coordinator.
package import Stages
package import SystemPackage

package protocol StageInputs: Sendable {
    /// Writes what `patterns` take of the context of the stage's image into `directory`, which is made.
    func writeContext(of stage: StageIndex, _ patterns: [String], into directory: FilePath) throws
    /// The bytes of a secret; nil when the image has none with that id.
    func secret(_ id: String, of stage: StageIndex) throws -> [UInt8]?
}

extension ImageTable: StageInputs {
    package func writeContext(of stage: StageIndex, _ patterns: [String], into directory: FilePath) throws {
        try context(of: stage.image).write(patterns, into: directory)
    }

    package func secret(_ id: String, of stage: StageIndex) throws -> [UInt8]? { try secret(id, of: stage.image) }
}
