// The report files of a build, which scripts read: JSON and env file as werf writes them (werf.md 6).
import Digests

package enum BuildReport {
    /// The JSON report: tab indented, keys in werf's order, images ordered by the bytes of their names. Of records
    /// with one name the last one counts.
    /// - Parameters:
    ///   - isInContainer: weft itself runs in a container (`WERF_CONTAINERIZED`).
    ///   - isByPlatform: every image once more under its platform (`WERF_ENABLE_REPORT_BY_PLATFORM`).
    package static func json(
        _ records: [ImageRecord], isInContainer: Bool = false, isByPlatform: Bool = false
    ) -> [UInt8] {
        // werf knows two values. Nothing here runs on a Docker server, and scripts take "docker" for one.
        let runtime = GoJSON.object([("Backend", .text("buildah")), ("InContainer", .bool(isInContainer))])
        let report = GoJSON.object([
            ("Runtime", runtime),
            ("Images", .object(byName(records).map { ($0.name, image($0)) })),
            ("ImagesByPlatform", .object(isByPlatform ? byName(records).map { ($0.name, platforms($0)) } : [])),
        ])
        var text = ""
        report.write(to: &text)
        return Array((text + "\n").utf8)
    }

    /// The env file; images in the order of the JSON report.
    package static func env(_ records: [ImageRecord]) -> [UInt8] {
        var text = ""
        for record in byName(records) {
            let values = [
                ("DOCKER_IMAGE_NAME", record.facts.name), ("DOCKER_IMAGE_ID", record.facts.imageID.description),
                ("DOCKER_IMAGE_DIGEST", record.facts.manifestDigest?.description ?? ""),
                ("DOCKER_REPO", record.repo), ("DOCKER_TAG", record.facts.tag), ("WERF_IMAGE_NAME", record.name),
                ("FINAL", record.isFinal ? "true" : "false"),
            ]
            for (key, value) in values { text += "\(envPrefix(of: record.name))\(key)=\(value)\n" }
        }
        return Array(text.utf8)
    }

    /// Images whose names come to the same keys in an env file, so that the last one hides the others.
    package static func collisions(_ records: [ImageRecord]) -> [BuildReportCollision] {
        var names: [String: [String]] = [:]
        for record in byName(records) { names[envPrefix(of: record.name), default: []].append(record.name) }
        return names.filter { $0.value.count > 1 }.map { BuildReportCollision(prefix: $0.key, images: $0.value) }
            .sorted { $0.prefix < $1.prefix }
    }

    /// `WERF_` for the nameless image, else `WERF_NAME_`: upper case by single characters, as in Go.
    private static func envPrefix(of name: String) -> String {
        guard !name.isEmpty else { return "WERF_" }
        var prefix = "WERF_"
        for scalar in name.unicodeScalars {
            let upper = scalar.properties.uppercaseMapping
            switch scalar {
            case "/", "-", ".": prefix += "_"
            default: prefix += upper.unicodeScalars.count == 1 ? upper : String(scalar)
            }
        }
        return prefix + "_"
    }

    /// In the order of a Go map's keys in JSON, which is that of bytes.
    private static func byName(_ records: [ImageRecord]) -> [ImageRecord] {
        let last = Dictionary(records.map { (Array($0.name.utf8), $0) }) { $1 }
        return last.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func platforms(_ record: ImageRecord) -> GoJSON { .object([(record.platform, image(record))]) }

    private static func image(_ record: ImageRecord) -> GoJSON {
        .object([
            ("WerfImageName", .text(record.name)), ("ConfigType", .text(record.configType.rawValue)),
            ("DockerRepo", .text(record.repo)), ("DockerTag", .text(record.facts.tag)),
            ("DockerImageID", .text(record.facts.imageID.description)),
            ("DockerImageDigest", .text(record.facts.manifestDigest?.description ?? "")),
            ("DockerImageName", .text(record.facts.name)), ("TargetPlatform", .text(record.platform)),
            ("Rebuilt", .bool(record.isRebuilt)), ("Final", .bool(record.isFinal)),
            ("Size", .number(record.facts.byteCount)),
            ("BuildTime", .text(ReadableNumber.seconds(record.duration))), ("Commit", .text(record.facts.commit)),
            ("Stages", .array(record.stages.map(stage))),
        ])
    }

    private static func stage(_ record: StageRecord) -> GoJSON {
        .object([
            ("Name", .text(record.name)), ("DockerImageName", .text(record.facts.name)),
            ("DockerTag", .text(record.facts.tag)), ("DockerImageID", .text(record.facts.imageID.description)),
            ("DockerImageDigest", .text(record.facts.manifestDigest?.description ?? "")),
            ("CreatedAt", .number(record.facts.createdAt)), ("Size", .number(record.facts.byteCount)),
            ("SourceType", .text(record.pulledFrom?.rawValue ?? "")),
            ("BaseImagePulled", .bool(record.pulledFrom != nil)),
            ("Rebuilt", .bool(record.isRebuilt)), ("BuildTime", .text(ReadableNumber.seconds(record.duration))),
            ("Commit", .text(record.facts.commit)),
        ])
    }
}

package struct BuildReportCollision: Equatable, Sendable, CustomStringConvertible {
    /// `WERF_NAME_`
    package let prefix: String
    /// In the order of the file: the last one's values are what a reader gets.
    package let images: [String]

    package var description: String {
        "the images \(images.joined(separator: " and ")) have the same keys \(prefix)… in an env report: only those of "
            + "\(images.last ?? "") can be read; rename one, or use a .json report"
    }
}
