// One user request, from arguments to report: what a coordinator is given.
import Digests
package import Projects
import Stages

package struct BuildRequest: Sendable {
    package enum Mode: Sendable {
        case build
        /// Everything must be there already; what is not is reported, and nothing is built.
        case check
    }

    /// Name of the project: the label `werf` of every stage.
    package let project: String
    /// Dependencies before those that need them.
    package let images: [ImageRequest]
    package let mode: Mode
    /// Images and stages at once on one node; nil: as many as there are slots.
    package let tasksLimit: Int?
    /// After a failure go on with everything that does not depend on it.
    package let keepsGoing: Bool
    /// How long stages took in earlier builds: an encoded `DurationBook`; empty when none is known.
    package let durations: [UInt8]
    /// The commit that the files come from; empty outside git.
    package let commit: String
    /// `weft-VERSION`: the label `werf-version`.
    package let builder: String
    package let repo: String
    /// Unix milliseconds of the host when the build began: by it publications of the future are told.
    package let beganAt: Int64

    package init(
        project: String, images: [ImageRequest], mode: Mode, tasksLimit: Int?, keepsGoing: Bool = false,
        durations: [UInt8] = [], commit: String, builder: String, repo: String, beganAt: Int64
    ) {
        self.project = project
        self.images = images
        self.mode = mode
        self.tasksLimit = tasksLimit
        self.keepsGoing = keepsGoing
        self.durations = durations
        self.commit = commit
        self.builder = builder
        self.repo = repo
        self.beganAt = beganAt
    }
}

package struct ImageRequest: Sendable {
    package let image: DockerfileImage
    package let platform: String
    /// Places in `BuildRequest.images`, in the order of `image.dependencies`.
    package let dependencies: [Int]

    package init(image: DockerfileImage, platform: String, dependencies: [Int]) {
        self.image = image
        self.platform = platform
        self.dependencies = dependencies
    }
}
