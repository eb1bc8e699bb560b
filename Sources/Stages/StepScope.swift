// Whose results of steps a build may take: builds of one class are strangers to those of another.
package import Digests

/// Results are kept under digests that the class is part of: nothing of one class is found in the name of another.
package struct StepScope: Hashable, Sendable {
    /// The class whose rights the build has; "" for the user of the host.
    package let buildClass: String
    /// Other classes whose results the config trusts.
    package let trusted: [String]

    package init(buildClass: String, trusted: [String] = []) {
        self.buildClass = buildClass
        self.trusted = trusted
    }

    /// Of whoever runs weft on the host itself.
    package static let owner = StepScope(buildClass: "")

    /// Classes whose results it may take, its own first.
    package var buildClasses: [String] { [buildClass] + trusted }

    /// Under what a result of this build is kept.
    package func key(of step: StageDigest) -> StageDigest { Self.key(of: step, buildClass) }

    /// Under what results that this build may take are kept, its own first.
    package func keys(of step: StageDigest) -> [StageDigest] {
        buildClasses.map { Self.key(of: step, $0) }
    }

    /// The digest itself for the user of the host.
    package static func key(of step: StageDigest, _ buildClass: String) -> StageDigest {
        buildClass.isEmpty ? step : StageDigest(of: ["weft-class", buildClass, step.hex])
    }
}
