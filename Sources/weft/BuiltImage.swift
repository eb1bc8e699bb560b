// Finds an image that must be built already.
import ArgumentParser
import Mesh
import Reports

enum BuiltImage {
    /// The record of the image `name`; an error when something of it is missing.
    static func find(_ name: String, _ opened: OpenedProject, _ repo: RepoFlags) async throws -> ImageRecord {
        var flags = try BuildFlags.parse([])
        flags.checkBuiltImages = true
        let parts = try NodeParts(repo) { _ in }
        let outcome = try await BuildSession(opened: opened, parts: parts, flags: flags).build([name])
        await parts.close()
        if let failure = outcome.failure { throw UsageError(failure) }
        guard let record = outcome.records.first(where: { $0.name == name }) else {
            throw UsageError("image \(name) is not built for this commit: run weft build \(name)")
        }
        return record
    }
}
