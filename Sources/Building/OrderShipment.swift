// What an order takes from the project, put together for a node that can't read it.
package import Digests
package import FileTrees
package import Mesh
import Stages

/// The files of an order by SHA-256 of their bytes: a git id of SHA-1 is no name to trust between builders.
package struct OrderShipment: Sendable {
    package fileprivate(set) var contexts: [ShippedContext] = []
    package fileprivate(set) var secrets: [ShippedSecret] = []
    fileprivate var sources: [BlobDigest: ShippedFile] = [:]

    /// Every file once.
    package fileprivate(set) var files: [BlobDigest] = []

    /// Where the bytes of `wanted` come from, as few readings as can be.
    package func readings(of wanted: [BlobDigest]) -> [ShipmentReading] {
        var committed: [Int: (files: [TreeFile], digests: [BlobDigest], context: ImageContext)] = [:]
        var added: [ShipmentReading] = []
        for digest in wanted {
            guard let file = sources[digest] else { continue }
            switch file.source {
            case .committed(let tree):
                committed[0, default: ([], [], file.context)].files.append(tree)
                committed[0]?.digests.append(digest)
            case .added(let one):
                added.append(ShipmentReading(digests: [digest], context: file.context, source: .added([one])))
            }
        }
        return committed.values.map {
            ShipmentReading(digests: $0.digests, context: $0.context, source: .committed($0.files))
        } + added
    }
}

/// Files that are read in one go.
package struct ShipmentReading: Sendable {
    enum Source: Sendable {
        case committed([TreeFile])
        case added([AddedFiles.File])
    }

    /// In the order in which they are read.
    package let digests: [BlobDigest]
    fileprivate let context: ImageContext
    fileprivate let source: Source

    /// Blocks its thread.
    package func read(into sink: inout some FileSink) throws { try context.read(source, into: &sink) }
}

/// A file of a context.
struct ShippedFile: Sendable {
    enum Source: Sendable {
        case committed(TreeFile)
        case added(AddedFiles.File)
    }

    let entry: ContextEntry
    let source: Source
    let context: ImageContext
}

extension ImageTable {
    /// Everything of the project that the stage of `order` looks at. Blocks its thread.
    package func shipment(for order: StageOrder) throws -> OrderShipment {
        var shipment = OrderShipment()
        for patterns in order.work.contextPatterns {
            let files = try context(of: order.stage.image).shipped(patterns)
            shipment.contexts.append(ShippedContext(patterns: patterns, entries: files.map(\.entry)))
            for file in files where shipment.sources.updateValue(file, forKey: file.entry.digest) == nil {
                shipment.files.append(file.entry.digest)
            }
        }
        for id in order.work.secretIDs {
            guard let bytes = try secret(id, of: order.stage.image) else { continue }
            shipment.secrets.append(ShippedSecret(id: id, bytes: bytes))
        }
        return shipment
    }
}

extension StageWork {
    /// What is asked of the context, each list once.
    fileprivate var contextPatterns: [[String]] {
        switch self {
        case .copy(let copy): copy.source == .context && !copy.patterns.isEmpty ? [copy.patterns] : []
        case .run(let run):
            Set(
                run.mounts.compactMap { mount -> [String]? in
                    guard case .bind(from: .context, let source, _, _) = mount else { return nil }
                    return [PathText.relative(source)]
                }
            ).sorted { $0[0] < $1[0] }
        case .config, .base, .makeDirectory, .collect: []
        }
    }

    fileprivate var secretIDs: [String] {
        guard case .run(let run) = self else { return [] }
        return Set(
            run.mounts.compactMap { mount in
                if case .secret(let id, _, _, _, _, _, _) = mount { id } else { nil }
            }
        ).sorted()
    }
}
