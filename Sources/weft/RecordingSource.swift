// Remembers what a build read of its images, so that it can be explained afterwards without reading it again.
import Mesh
import Stages
import Synchronization

final class RecordingSource: ImageSource {
    struct Seen: Sendable {
        var rule: NameRule?
        var lowered: LoweredImage?
    }

    private let source: any ImageSource
    private let images = Mutex<[Int: Seen]>([:])

    init(_ source: any ImageSource) { self.source = source }

    func name(image: Int, arguments: [String: String]) async throws -> NameRule {
        let rule = try await source.name(image: image, arguments: arguments)
        images.withLock { $0[image, default: Seen()].rule = rule }
        return rule
    }

    func lower(image: Int, arguments: [String: String]) async throws -> LoweredImage {
        let lowered = try await source.lower(image: image, arguments: arguments)
        images.withLock { $0[image, default: Seen()].lowered = lowered }
        return lowered
    }

    func seen(_ image: Int) -> Seen { images.withLock { $0[image] ?? Seen() } }
}
