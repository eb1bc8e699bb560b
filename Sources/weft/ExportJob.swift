// The copying of one `weft export`: everything is built, and every name is known.
import Digests
import Publishing
import Stages

struct ExportJob: Sendable {
    struct Item: Sendable {
        /// As people see it.
        let image: String
        let stage: StageID
        /// At the target.
        let name: String
    }

    let export: ImageExport
    let target: ExportTarget
    let labels: [String: String]
    let items: [Item]

    /// Ctrl-C cancels it: half a file is removed, a push leaves no tag.
    func run(until signals: StopSignals) async throws {
        let work = Task { try await run() }
        signals.call { work.cancel() }
        try await work.value
    }

    private func run() async throws {
        var images: [(item: Item, image: ExportedImage)] = []
        for item in items { images.append((item, try await export.image(of: item.stage, adding: labels))) }
        switch target {
        case .registry:
            for (item, image) in images {
                try await export.push(image, to: target.reference(item.name), subject: item.image)
            }
        case .layout(let path, _):
            let entries = images.map { OCILayout.Entry(image: $0.image, name: $0.item.name) }
            try await OCILayout(export, at: path).write(entries)
        case .archive(let path, _):
            let entries = try images.map {
                DockerArchive.Entry(image: $0.image, name: try target.reference($0.item.name))
            }
            try await DockerArchive(export).write(entries, to: path)
        }
    }

    /// A line for each image.
    var summary: [String] { items.map { "exported \($0.image) as \(place($0.name))" } }

    /// Without what every name of Docker Hub begins with.
    private func familiar(_ name: String) -> String {
        (try? target.reference(name)).map(DockerArchive.familiar) ?? name
    }

    /// How other tools name what was written.
    private func place(_ name: String) -> String {
        switch target {
        case .registry: name
        case .layout(let path, _): "oci:\(path):\(name)"
        case .archive(let path, _): "docker-archive:\(path):\(familiar(name))"
        }
    }
}
