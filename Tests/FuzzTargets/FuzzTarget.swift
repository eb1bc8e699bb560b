// The readers of strangers' bytes, each as one check that any bytes have to pass: fuzzed by Tests/Fuzzing/run, and run
// on its saved inputs as plain tests.

package enum FuzzTarget: String, CaseIterable, Sendable {
    case dockerfile, expansion, ignore, layer, manifest, project, template

    /// Returns when the reader took the bytes, or refused them as it should.
    package func check(_ bytes: [UInt8]) throws(BrokenProperty) {
        switch self {
        case .dockerfile: try checkDockerfile(bytes)
        case .expansion: try checkExpansion(bytes)
        case .ignore: try checkIgnorePatterns(bytes)
        case .layer: try checkLayer(bytes)
        case .manifest: try checkManifest(bytes)
        case .project: try checkProject(bytes)
        case .template: try checkTemplate(bytes)
        }
    }
}

/// Something that should hold for all bytes, and doesn't for these.
package struct BrokenProperty: Error, CustomStringConvertible {
    package let description: String
}

func require(_ holds: Bool, _ sentence: @autoclosure () -> String) throws(BrokenProperty) {
    guard holds else { throw BrokenProperty(description: sentence()) }
}
