// A vertex of the build graph: one layer, or one change of an image's configuration.
import Digests

/// The place of a stage in its build's graph: the image that brought it, and its place among that image's stages,
/// parents first.
package struct StageIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let image: Int
    package let number: Int

    package init(image: Int, number: Int) {
        self.image = image
        self.number = number
    }

    package var description: String { "#\(image).\(number)" }

    package static func < (left: StageIndex, right: StageIndex) -> Bool {
        (left.image, left.number) < (right.image, right.number)
    }
}

/// What people see of a stage.
package struct StageTitle: Hashable, Sendable, CustomStringConvertible {
    /// The image in whose log the stage appears, as werf names it: `backend`, `frontend/stage/application`.
    package let image: String
    /// `dockerfile`, or the instruction with its number: `RUN1`, `COPY2`.
    package let name: String
    /// The instruction's text, for people.
    package let text: String
    /// `Dockerfile:12`; empty when the stage stands for no single line.
    package let place: String

    package init(image: String, name: String, text: String, place: String) {
        self.image = image
        self.name = name
        self.text = text
        self.place = place
    }

    /// The name without its number, as reports have it: `RUN`, `dockerfile`.
    package var keyword: String { String(name.reversed().drop { ("0"..."9").contains($0) }.reversed()) }

    /// `IMAGE/STAGE`, the tag in front of a log line.
    package var description: String { (image.isEmpty ? "~" : image) + "/" + name }
}

/// Whether a stage gets a name in the repo.
package enum Publicity: Hashable, Sendable {
    /// Published under its digest, as werf does.
    case published
    /// A step of an unstaged Dockerfile image: cached on this node, never tagged in a repo.
    case step
    /// An image from a registry, taken as it is.
    case base
}

package struct Stage: Sendable {
    package let title: StageTitle
    package let publicity: Publicity
    /// What it is built on; nil for scratch.
    package let parent: StageIndex?
    /// Stages beside the parent whose content it reads.
    package let sources: [StageIndex]
    package let work: StageWork
    /// What it does to the image's configuration, in order.
    package let changes: [ConfigChange]
    /// `created_by` of its line in the image's history; nil when it leaves none.
    package let history: String?
    package let rule: NameRule
    /// Of a step: what names it beside its work.
    package let origins: StepOrigins?

    package init(
        title: StageTitle, publicity: Publicity, parent: StageIndex?, sources: [StageIndex] = [], work: StageWork,
        changes: [ConfigChange] = [], history: String? = nil, rule: NameRule, origins: StepOrigins? = nil
    ) {
        self.title = title
        self.publicity = publicity
        self.parent = parent
        self.sources = sources
        self.work = work
        self.changes = changes
        self.history = history
        self.rule = rule
        self.origins = origins
    }
}
